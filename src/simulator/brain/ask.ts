import type { Json, JsonObject } from "../../canonical/json.ts";

/*
 * What a request asks for, in the simulator's own words. Not the canonical model on purpose: the simulator judges the
 * gateway and may share none of its mistakes.
 */

export interface OfferedTool {
  readonly name: string;
  /** custom: takes free text (OpenAI's custom tools). */
  readonly kind: "function" | "custom";
  readonly schema: JsonObject | undefined;
}

export interface ReturnedResult {
  /** The tool's name, or the call's id where the name is not known. */
  readonly name: string;
  /** Its text; other media are named by type and size. */
  readonly text: string;
}

export type Choosing =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  | { readonly type: "required" }
  | { readonly type: "tool"; readonly name: string };

/** How the prompt's tokens are billed; the four are disjoint. */
export interface InputBill {
  readonly uncached: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
}

export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  /** Text of the last user turn; other media are named by type and size. */
  readonly said: string;
  /** Not empty: the conversation ends with results of tools. */
  readonly results: readonly ReturnedResult[];
  readonly tools: readonly OfferedTool[];
  readonly choosing: Choosing;
  readonly parallel: boolean;
  /** A JSON answer is wanted, after `schema` where there is one. */
  readonly format: { readonly schema: JsonObject | undefined } | undefined;
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  readonly choices: number;
  /** hidden: only counted; omitted: signed but not shown. */
  readonly thinking: "no" | "hidden" | "shown" | "omitted";
  /** Number of alternatives per token wanted; undefined: no logprobs. */
  readonly logprobs: number | undefined;
  readonly input: InputBill;
  readonly usageInStream: boolean;
}

export interface MadeCall {
  readonly id: string;
  readonly name: string;
  readonly kind: "function" | "custom";
  /** JSON text (or the free text of a custom tool); cut short where the token limit fell into it. */
  readonly arguments: string;
}

export type Finish = "stop" | "length" | "tool-calls" | "stop-sequence" | "refusal" | "filter";

/** One choice. Texts come in tokens, ready for streaming. */
export interface Answer {
  readonly thinking: readonly string[];
  /** A redacted thought follows the open one. */
  readonly redacted: boolean;
  readonly text: readonly string[];
  readonly refusal: readonly string[];
  readonly calls: readonly MadeCall[];
  readonly finish: Finish;
  readonly stopSequence: string | undefined;
  /** Output tokens, thinking included. */
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

export const inputTotal = (bill: InputBill): number => bill.uncached + bill.cacheRead + bill.cacheWrite5m + bill.cacheWrite1h;

/** Any JSON value as one line of text. */
export const asText = (value: Json | undefined): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
