import type { GatewayError } from "./error.ts";
import type { Json, JsonObject } from "./json.ts";
import type { CacheMark, Citation, Origin, Part } from "./parts.ts";
import type { Usage } from "./usage.ts";

/** `developer` is OpenAI's system role of newer models; wires without it treat it as `system`. */
export type Role = "system" | "developer" | "user" | "assistant" | "tool";

/**
 * One message of the conversation. System text is a leading `system` message here, wherever the wire keeps it. Tool results
 * may stand in a `tool` message (OpenAI) or in a `user` message (Anthropic): decoders keep what came, encoders group as
 * their wire demands.
 */
export interface Message {
  readonly role: Role;
  readonly content: readonly Part[];
  readonly name?: string | undefined;
  /** Spelling of the content on the source wire: "string", "null", "absent"; none = a list of parts. */
  readonly as?: string | undefined;
  readonly extra?: JsonObject | undefined;
}

export type Tool = FunctionTool | CustomTool | HostedTool;

export interface FunctionTool {
  readonly type: "function";
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments. */
  readonly parameters?: JsonObject | undefined;
  readonly written?: WrittenSchema | undefined;
  readonly strict?: boolean | undefined;
  readonly cache?: CacheMark | undefined;
  readonly as?: string | undefined;
  /** Anthropic: example inputs, deferred loading, allowed callers, eager streaming. */
  readonly inputExamples?: Json | undefined;
  readonly deferLoading?: boolean | undefined;
  readonly allowedCallers?: Json | undefined;
  readonly eagerInputStreaming?: boolean | undefined;
  /** Gemini: what calls return, and whether they block (`response`, `responseJsonSchema`, `behavior`). */
  readonly own?: OwnSettings | undefined;
  readonly extra?: JsonObject | undefined;
}

/** Settings that only the source wire has words for, by the paths it keeps them at. Encoders of other wires report each as dropped. */
export interface OwnSettings {
  readonly wire: string;
  readonly settings: JsonObject;
}

/** A JSON Schema as its source wire wrote it, where that is another language (Google's `Schema`). */
export interface WrittenSchema {
  readonly wire: string;
  /** The very object that it stands for: beside any other it means nothing. */
  readonly schema: JsonObject;
  readonly raw: JsonObject;
}

/** A tool that takes free text (OpenAI's custom tools). */
export interface CustomTool {
  readonly type: "custom";
  readonly name: string;
  readonly description?: string | undefined;
  /** The grammar the text must follow, as the source wire states it. */
  readonly format?: Json | undefined;
  readonly extra?: JsonObject | undefined;
}

/** A tool that the provider itself defines or runs (web search, code execution …), as its own wire states it. */
export interface HostedTool {
  readonly type: "hosted";
  readonly origin: Origin;
  readonly kind: string;
  readonly definition: JsonObject;
}

export type ToolChoice =
  | { readonly type: "auto" | "none" | "required"; readonly extra?: JsonObject | undefined }
  | { readonly type: "tool"; readonly name: string; readonly kind?: "function" | "custom" | undefined }
  | { readonly type: "allowed"; readonly mode: "auto" | "required"; readonly tools: readonly JsonObject[] };

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | {
      readonly type: "json-schema";
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly schema: JsonObject;
      readonly written?: WrittenSchema | undefined;
      readonly strict?: boolean | undefined;
      readonly extra?: JsonObject | undefined;
    };

/** How much the model may think. Wires have one or the other; an encoder that must convert reports it. */
export interface Reasoning {
  readonly mode?: "enabled" | "disabled" | "adaptive" | undefined;
  /** none, minimal, low, medium, high, xhigh, max */
  readonly effort?: string | undefined;
  readonly budgetTokens?: number | undefined;
  /** Whether thoughts are shown: Anthropic's `display` (summarized, omitted). */
  readonly display?: string | undefined;
  /** OpenAI Responses: whether thoughts of earlier turns are read again (auto, current_turn, all_turns). */
  readonly context?: string | undefined;
  /** OpenAI Responses: `mode`, how hard the whole is tried (standard, pro). */
  readonly grade?: string | undefined;
  readonly extra?: JsonObject | undefined;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  readonly parallelToolCalls?: boolean | undefined;
  readonly responseFormat?: ResponseFormat | undefined;
  readonly reasoning?: Reasoning | undefined;
  /** Most tokens the answer may have, reasoning included. */
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly choices?: number | undefined;
  readonly logprobs?: boolean | undefined;
  readonly topLogprobs?: number | undefined;
  readonly logitBias?: JsonObject | undefined;
  /** The caller's word for its own user. Anthropic: metadata.user_id. */
  readonly endUser?: string | undefined;
  readonly safetyIdentifier?: string | undefined;
  readonly metadata?: JsonObject | undefined;
  readonly serviceTier?: string | undefined;
  readonly verbosity?: string | undefined;
  readonly modalities?: readonly string[] | undefined;
  /** Voice and format of a spoken answer, as OpenAI states it. */
  readonly audio?: Json | undefined;
  readonly prediction?: Json | undefined;
  readonly store?: boolean | undefined;
  readonly webSearch?: Json | undefined;
  readonly moderation?: Json | undefined;
  readonly promptCacheKey?: string | undefined;
  readonly promptCacheRetention?: string | undefined;
  readonly promptCacheOptions?: Json | undefined;
  /** Anthropic's automatic breakpoint on the last cacheable block. */
  readonly cache?: CacheMark | undefined;
  readonly container?: Json | undefined;
  readonly contextManagement?: Json | undefined;
  readonly mcpServers?: Json | undefined;
  readonly inferenceGeo?: string | undefined;
  readonly speed?: string | undefined;
  /** OpenAI Responses: the stored answer, or the conversation, that this goes on from. Only their keeper can serve it. */
  readonly previousResponse?: string | undefined;
  readonly conversation?: Json | undefined;
  /** OpenAI Responses: a prompt that the provider keeps, with its variables. */
  readonly promptTemplate?: Json | undefined;
  /** OpenAI Responses: what the answer is to tell besides. */
  readonly include?: readonly string[] | undefined;
  /** OpenAI Responses: most calls of tools that the provider runs. */
  readonly maxToolCalls?: number | undefined;
  /** OpenAI Responses: whether a prompt that is too long is cut (auto) or refused (disabled). */
  readonly truncation?: string | undefined;
  /** OpenAI Responses: answer at once that the work is under way, to be asked for later. */
  readonly background?: boolean | undefined;
  /** OpenAI Responses: `context_management`, when to compact the conversation. */
  readonly compaction?: Json | undefined;
  /** Gemini: `safetySettings`, `generationConfig.speechConfig` … */
  readonly own?: OwnSettings | undefined;
  /** Anthropic: output_config.task_budget. */
  readonly taskBudget?: Json | undefined;
  /** Anthropic: what to say about prompt-cache misses. */
  readonly diagnostics?: Json | undefined;
  /** Anthropic: the provider's own fallback chain, and the token that pays for it. */
  readonly fallbacks?: Json | undefined;
  readonly fallbackCreditToken?: Json | undefined;
  /** Anthropic: names of the `anthropic-beta` header. */
  readonly betas?: readonly string[] | undefined;
  /** Whether a streaming caller asked to be told the usage. Upstream we always ask. */
  readonly streamUsage?: boolean | undefined;
  /** Remaining members of OpenAI's stream_options. */
  readonly streamOptions?: JsonObject | undefined;
  /** Where the wire spells one meaning in several ways: field → spelling used. A matter of form only. */
  readonly spelling?: { readonly [field: string]: string } | undefined;
  /** Fields that no specification names, kept for the wire they came from (`extraOrigin`). */
  readonly extra?: JsonObject | undefined;
  readonly extraOrigin?: string | undefined;
}

export type FinishReason = "stop" | "length" | "tool-calls" | "content-filter" | "pause" | "error" | "other";

export interface Finish {
  readonly reason: FinishReason;
  /** The provider's own word; null where it gave none. */
  readonly raw: string | null;
  readonly stopSequence?: string | undefined;
  /** Further facts about the stop that only the source wire knows (Anthropic: stop_details). */
  readonly details?: Json | undefined;
  /** Anthropic, streams: what only the end of the answer tells about its container and the context edits applied. */
  readonly container?: Json | undefined;
  readonly contextManagement?: Json | undefined;
}

export interface Choice {
  readonly index: number;
  readonly content: readonly Part[];
  readonly finish: Finish;
  readonly logprobs?: Json | undefined;
  readonly extra?: JsonObject | undefined;
}

export interface ChatResult extends ResultHead {
  readonly choices: readonly Choice[];
  readonly usage?: Usage | undefined;
}

/** What an answer says about itself before its content. */
export interface ResultHead {
  readonly id?: string | undefined;
  /** The model that really served, in the provider's words. */
  readonly model?: string | undefined;
  /** Seconds since the epoch. */
  readonly createdAt?: number | undefined;
  readonly serviceTier?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** Anthropic: the container the answer ran in. */
  readonly container?: Json | undefined;
  readonly contextManagement?: Json | undefined;
  readonly diagnostics?: Json | undefined;
  /** OpenAI: what moderation found in the prompt and the answer. */
  readonly moderation?: Json | undefined;
  readonly extra?: JsonObject | undefined;
}

/** What one delta adds to an open part. Log probabilities are `{content: […]}` (of a refusal `{refusal: […]}`), as OpenAI chat has them. */
export type Delta =
  | { readonly type: "text"; readonly text: string; readonly logprobs?: Json | undefined }
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "signature"; readonly signature: string }
  | { readonly type: "arguments"; readonly text: string }
  | { readonly type: "refusal"; readonly text: string; readonly logprobs?: Json | undefined }
  | { readonly type: "citation"; readonly citation: Citation }
  | {
      readonly type: "audio";
      readonly data?: string | undefined;
      readonly transcript?: string | undefined;
      readonly id?: string | undefined;
      readonly expiresAt?: number | undefined;
    }
  | { readonly type: "opaque"; readonly value: JsonObject };

/**
 * A streamed piece. Order per choice: `start` once for the answer, then parts as start/delta/end (parts of one choice may be
 * open at the same time; `part` numbers them from 0), `finish` once per choice, `usage` any number of times (each replaces the
 * one before). `part-start` carries the part as far as it is known (empty text, empty arguments); deltas append to it.
 */
export type ChatChunk =
  | { readonly type: "start"; readonly head: ResultHead }
  | { readonly type: "part-start"; readonly choice: number; readonly part: number; readonly content: Part }
  | { readonly type: "part-delta"; readonly choice: number; readonly part: number; readonly delta: Delta }
  | { readonly type: "part-end"; readonly choice: number; readonly part: number }
  | { readonly type: "finish"; readonly choice: number; readonly finish: Finish }
  | { readonly type: "usage"; readonly usage: Usage }
  /** The provider is alive but has nothing to say yet. */
  | { readonly type: "ping" }
  /** Word from an ensemble about its members; no part of the answer. */
  | { readonly type: "progress"; readonly note: string }
  /** The provider reported an error inside a stream that had begun. */
  | { readonly type: "error"; readonly error: GatewayError };

/** True for chunks that a caller would see as content: once one was sent, an answer can no longer be restarted. */
export function isContent(chunk: ChatChunk): boolean {
  if (chunk.type === "part-delta") return !("text" in chunk.delta) || chunk.delta.text !== "";
  if (chunk.type !== "part-start") return false;
  const part = chunk.content;
  switch (part.type) {
    case "text":
    case "refusal":
      return part.text !== "";
    case "reasoning":
      return part.text !== "" || part.redacted !== undefined || part.encrypted !== undefined;
    default:
      return true;
  }
}
