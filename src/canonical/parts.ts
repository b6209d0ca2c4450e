import type { Json, JsonObject } from "./json.ts";

/** Who made a part that only its maker can read again. */
export interface Origin {
  readonly wire: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
}

/** A prompt-cache breakpoint: the prompt up to and including its bearer may be cached. No ttl = the provider's default. */
export interface CacheMark {
  readonly ttl?: "5m" | "1h" | undefined;
}

interface PartBase {
  readonly cache?: CacheMark | undefined;
  /** The source wire's spelling where it has several for one meaning. A matter of form only; encoders may ignore it. */
  readonly as?: string | undefined;
  /** An opaque mark that its maker wants back on this very part (Gemini's thought signatures), byte-exact. */
  readonly seal?: Seal | undefined;
  /** OpenAI Responses: the id of the item that the part is or stands in (not the id of a tool call). */
  readonly itemId?: string | undefined;
  /** Fields no specification names, kept for the wire they came from. */
  readonly extra?: JsonObject | undefined;
}

export interface Seal {
  readonly value: string;
  /** Who made it; none = whoever the caller's own wire belongs to. */
  readonly origin?: Origin | undefined;
}

export interface TextPart extends PartBase {
  readonly type: "text";
  readonly text: string;
  readonly citations?: readonly Citation[] | undefined;
}

/** Where a statement of the answer comes from. `raw` is the source wire's object, exact; the other fields are read from it. */
export interface Citation {
  readonly origin: Origin;
  readonly kind: "url" | "document" | "file" | "other";
  readonly url?: string | undefined;
  readonly title?: string | undefined;
  readonly citedText?: string | undefined;
  /** Character range in the text part that is supported, where the provider states it. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly raw: Json;
}

export type MediaSource =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string; readonly mediaType?: string | undefined }
  | { readonly kind: "file"; readonly id: string }
  | { readonly kind: "text"; readonly text: string; readonly mediaType: string }
  | { readonly kind: "parts"; readonly parts: readonly Part[] };

export interface ImagePart extends PartBase {
  readonly type: "image";
  readonly source: MediaSource;
  /** OpenAI's resolution hint: auto, low, high. */
  readonly detail?: string | undefined;
}

export interface AudioPart extends PartBase {
  readonly type: "audio";
  /** Absent where an earlier answer is only referred to by `id`. */
  readonly source?: MediaSource | undefined;
  /** wav, mp3, … as the wire names it. */
  readonly format?: string | undefined;
  readonly id?: string | undefined;
  readonly transcript?: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt?: number | undefined;
}

export interface VideoPart extends PartBase {
  readonly type: "video";
  readonly source: MediaSource;
}

export interface DocumentPart extends PartBase {
  readonly type: "document";
  readonly source: MediaSource;
  /** File name or title. */
  readonly title?: string | undefined;
  readonly context?: string | undefined;
  /** Whether the model is asked to cite it. */
  readonly citations?: boolean | undefined;
}

export interface ToolCallPart extends PartBase {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** JSON text for a function tool, free text for a custom tool. Always a string, never an object. */
  readonly arguments: string;
  /** A custom tool takes free text. Default: function. */
  readonly kind?: "function" | "custom" | undefined;
  /** OpenAI Responses: the namespace of tools that it is called in. */
  readonly namespace?: string | undefined;
  /** Anthropic: who called the tool, the model itself or code it runs. */
  readonly caller?: Json | undefined;
}

export interface ToolResultPart extends PartBase {
  readonly type: "tool-result";
  readonly toolCallId: string;
  readonly content: readonly Part[];
  readonly isError?: boolean | undefined;
}

/**
 * Reasoning in any of the four forms providers give it: visible text, signed text, redacted (only `redacted`), encrypted
 * (only `encrypted`). Order among parts and every byte of the opaque fields are kept: the provider checks them on the next turn.
 */
export interface ReasoningPart extends PartBase {
  readonly type: "reasoning";
  readonly text: string;
  readonly signature?: string | undefined;
  readonly redacted?: string | undefined;
  readonly encrypted?: string | undefined;
  readonly id?: string | undefined;
  readonly origin?: Origin | undefined;
  /** Its maker wants it back with the results of the tool calls after it, though nothing in it is signed (DeepSeek). */
  readonly wanted?: boolean | undefined;
}

export interface RefusalPart extends PartBase {
  readonly type: "refusal";
  readonly text: string;
}

/** A part only its origin understands (a hosted tool's call or result, a compaction …), byte-exact in `value`. */
export interface OpaquePart extends PartBase {
  readonly type: "opaque";
  readonly origin: Origin;
  /** The origin's own type name. */
  readonly kind: string;
  readonly value: JsonObject;
}

export type Part =
  | TextPart
  | ImagePart
  | AudioPart
  | VideoPart
  | DocumentPart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart
  | OpaquePart;

/**
 * A part without words that is there for its seal alone (`as: "seal"`). Its maker wants it back as it is; callers of other wires
 * are not shown it, as they could not send it back.
 */
export const isBareSeal = (part: Part): boolean =>
  (part.type === "text" || part.type === "reasoning") && part.text === "" && part.seal !== undefined && part.as === "seal";
