import type { JsonObject } from "../canonical/json.ts";
import type { Part } from "../canonical/parts.ts";
import type { LossPolicy } from "./options.ts";

/** Bytes, or base64 as text, and what they are. */
export interface InlineData {
  readonly data: Uint8Array | string;
  /** e.g. `image/png`. */
  readonly mediaType: string;
}

/** What a message may hold. Parts of an answer (`GenerateResult.parts`) go back as they are, signatures included. */
export type InputPart =
  | { readonly type: "text"; readonly text: string }
  | ({ readonly type: "image"; readonly detail?: string | undefined } & (InlineData | { readonly url: string }))
  | ({ readonly type: "document"; readonly title?: string | undefined } & (InlineData | { readonly url: string }))
  | ({ readonly type: "audio" } & InlineData)
  | {
      readonly type: "tool-result";
      readonly toolCallId: string;
      readonly content: string;
      readonly isError?: boolean | undefined;
    }
  | Part;

export type Content = string | readonly InputPart[];

export type InputMessage =
  | { readonly role: "system" | "developer" | "user" | "assistant"; readonly content: Content }
  /** The result of one tool call. */
  | { readonly role: "tool"; readonly toolCallId: string; readonly content: Content; readonly isError?: boolean | undefined };

/** A function that the model may ask to have called. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments; none: it takes none. */
  readonly parameters?: JsonObject | undefined;
  /** The provider is to keep to the schema strictly, where it can. */
  readonly strict?: boolean | undefined;
}

/** What all calls have. */
export interface CallOptions {
  /** Aborts the call: it rejects at once with an `AbortError`, and the provider's connection is closed. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now until the whole call is given up with code `timeout`, retries included. Default `timeouts.total`. */
  readonly timeoutMs?: number | undefined;
  /** For the books; over the labels of the key. */
  readonly labels?: { readonly [name: string]: string } | undefined;
  /** `true` or "refuse": reject with code `unsupported` what cannot be sent as it was asked, and answers that break their schema. */
  readonly strict?: boolean | LossPolicy | undefined;
}

export interface GenerateRequest extends CallOptions {
  /** `provider/model`. */
  readonly model: string;
  /** The conversation; or `prompt` for a single question. */
  readonly messages?: readonly InputMessage[] | undefined;
  readonly prompt?: string | undefined;
  /** Goes before the messages. */
  readonly system?: string | undefined;
  readonly tools?: readonly ToolDefinition[] | undefined;
  /** Default: the model decides. */
  readonly toolChoice?: "auto" | "none" | "required" | { readonly name: string } | undefined;
  readonly parallelToolCalls?: boolean | undefined;
  /** The answer is to be JSON, of this JSON Schema where one is given; it is then in `GenerateResult.json`. */
  readonly output?: "json" | { readonly schema: JsonObject; readonly name?: string | undefined } | undefined;
  /** Most tokens the answer may have, reasoning included. */
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: string | readonly string[] | undefined;
  /** How much the model may think: a word (none, minimal, low, medium, high …) or a number of tokens. */
  readonly reasoning?: { readonly effort?: string | undefined; readonly budgetTokens?: number | undefined } | undefined;
  /** Your word for your own user, passed on to the provider. */
  readonly user?: string | undefined;
}

export interface EmbedRequest extends CallOptions {
  /** `provider/model`. */
  readonly model: string;
  /** One text or several; there is one vector for each. */
  readonly input: string | readonly string[];
  /** Length of the vectors, where the model lets one choose. */
  readonly dimensions?: number | undefined;
}
