import type { FinishReason } from "../canonical/chat.ts";
import type { Json } from "../canonical/json.ts";
import type { Part } from "../canonical/parts.ts";
import type { Usage } from "../canonical/usage.ts";
import type { Warning } from "../canonical/warnings.ts";

/** Token counts: the disjoint buckets, each token in exactly one of the first six, and their sums. */
export interface TotalUsage extends Usage {
  /** All input tokens, cached or not. */
  readonly inputTokens: number;
  /** All output tokens, reasoning included. */
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/** What is known of every call that was answered. */
export interface CallFacts {
  /** By which the ledger knows it: `polygate call show ID`. */
  readonly callId: string;
  /** The model that served, in the provider's words. */
  readonly model: string;
  readonly provider: string;
  /** How often a provider was asked. */
  readonly attempts: number;
  /** Absent where the provider told none. */
  readonly usage?: TotalUsage | undefined;
  /** Nano-dollars (10⁻⁹ $), of all attempts. Absent: not known, which is not nothing. */
  readonly costNano?: bigint | undefined;
  /** The same in dollars, rounded to what a number can hold. */
  readonly cost?: number | undefined;
  /** What did not go through as it was asked. */
  readonly warnings: readonly Warning[];
}

export interface ToolCall {
  /** To be repeated with the tool's result. */
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: most often JSON, but nobody has checked. */
  readonly arguments: string;
  /** `arguments` parsed; absent where they are no JSON. */
  readonly input?: Json | undefined;
}

export interface GenerateResult extends CallFacts {
  /** All text of the answer. */
  readonly text: string;
  /** The answer whole: text, reasoning, tool calls … in their order. Give it back as an assistant message's content to go on. */
  readonly parts: readonly Part[];
  readonly toolCalls: readonly ToolCall[];
  /** What was asked for with `output`; absent where the answer is no JSON (then there is a warning), or was cut at its limit. */
  readonly json?: Json | undefined;
  readonly finishReason: FinishReason;
  /** The provider's own word for it; null where it gave none. */
  readonly finishRaw: string | null;
}

export interface EmbedResult extends CallFacts {
  /** One for each input, in their order. */
  readonly vectors: readonly (readonly number[])[];
}

export interface CountResult extends CallFacts {
  readonly inputTokens: number;
  /** True: the provider counts nothing, and this is the gateway's guess. */
  readonly estimated: boolean;
}

/** A piece of a streamed answer. */
export type StreamEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  /** A tool call begins; its arguments follow in pieces. `index` numbers the parts of the answer. */
  | { readonly type: "tool-call-start"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool-call-delta"; readonly index: number; readonly text: string }
  /** A part of the answer is whole. */
  | { readonly type: "part"; readonly index: number; readonly part: Part }
  /** The last event. */
  | { readonly type: "finish"; readonly result: GenerateResult };
