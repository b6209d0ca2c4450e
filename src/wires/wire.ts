import type { HeaderBag, OutputForm, Source } from "../canonical/call.ts";
import type { Finish } from "../canonical/chat.ts";
import type { GatewayError } from "../canonical/error.ts";
import type { WireEvent } from "../canonical/event.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Usage } from "../canonical/usage.ts";
import type { Warning } from "../canonical/warnings.ts";

/*
 * A wire is a wire format, in both directions: towards callers (decodeRequest, ReplyEncoder, encodeError) and towards
 * providers (encodeRequest, ReplyDecoder, decodeError), and relay where both sides speak it. Codecs are pure and synchronous:
 * no I/O, no clock, no randomness, no environment. Every folder beside this file has the same file names.
 */

/** How a stream's events are laid out in bytes. `json-array`: one JSON array whose elements are the events' data (Gemini). */
export type Framing = "sse" | "json-array";

/** A request as it arrived, its body parsed. */
export interface Incoming {
  /** Default POST. */
  readonly method?: "GET" | "POST" | "DELETE" | undefined;
  /** Without the prefix an SDK may have put before it, e.g. `/v1beta/models/gemini-3-flash:generateContent`. */
  readonly path: string;
  /** What the path names, decoded: the model (Gemini), the id of a stored answer (Responses). */
  readonly named?: string | undefined;
  readonly query: string;
  readonly headers: HeaderBag;
  readonly body: JsonObject;
}

/**
 * A request for a provider. `body` is a JSON value to be written, or the caller's own bytes with edits spliced in; none for
 * a GET or DELETE.
 */
export interface WireRequest {
  /** Default POST. */
  readonly method?: "GET" | "POST" | "DELETE" | undefined;
  /**
   * The wire's own path below the endpoint's base, query included, e.g. `/chat/completions`. Whatever a caller named in it is
   * percent-encoded as one segment.
   */
  readonly path: string;
  readonly headers: HeaderBag;
  readonly body?: JsonObject | readonly Uint8Array[] | undefined;
}

/** Where a provider departs from its wire. Data, kept in the provider's row. */
export interface Quirks {
  /** OpenAI chat: the only name the provider knows for the output limit; a caller's other name is changed to it. */
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens" | undefined;
  /** OpenAI chat: the name for the output limit of callers who speak another wire. Default max_completion_tokens. */
  readonly maxTokensPreferred?: "max_tokens" | "max_completion_tokens" | undefined;
  /** OpenAI chat: false where `stream_options` is refused. */
  readonly streamUsage?: boolean | undefined;
  /** OpenAI chat: where an assistant message's earlier reasoning goes; none = it is left out and reported. */
  readonly reasoningField?: "reasoning_content" | "reasoning" | undefined;
  /** OpenAI chat: reasoning must come back, in `reasoningField`, with the results of the tool calls after it. */
  readonly reasoningBack?: boolean | undefined;
  /** Anthropic: thoughts are taken back only with the provider's own signature; a caller's without any are left out and reported. */
  readonly signedThinking?: boolean | undefined;
  /** OpenAI chat: false where the `developer` role is unknown and `system` is sent instead. Default: as the caller sent. */
  readonly developerRole?: boolean | undefined;
  /** OpenAI chat: false where `response_format` takes no schema, only `json_object`: the model is told the schema in words. */
  readonly schemaOutput?: boolean | undefined;
  /** Gemini: the language of schemas that are not the caller's own. Default json-schema (`parametersJsonSchema` …). */
  readonly schemaDialect?: "openapi" | "json-schema" | undefined;
  /** OpenAI embeddings: true where an input may be made of parts, pictures among them. */
  readonly embedParts?: boolean | undefined;
  /** Top-level request fields the provider refuses; removed and reported. */
  readonly drop?: readonly string[] | undefined;
  /** Longest tool name and tool-call id the provider takes. */
  readonly toolNameLength?: number | undefined;
  readonly toolCallIdLength?: number | undefined;
}

/** What a request is encoded for. */
export interface Target {
  readonly provider: string;
  /** The model in the provider's words. */
  readonly model: string;
  readonly stream: boolean;
  /** The call's own id, unique: from it decoders make ids where the provider gives none. */
  readonly callId: string;
  readonly quirks: Quirks;
  /** The model's largest output, for wires that demand a limit. */
  readonly maxOutputTokens?: number | undefined;
}

/** What a reply encoder may not make up itself. */
export interface ReplyMeta {
  /** Used where the provider gave no id. */
  readonly id: string;
  /** Seconds since the epoch, used where the provider gave none. */
  readonly createdAt: number;
  /** The model to name where the provider named none. */
  readonly model: string;
}

export interface EncodedRequest<Op extends Operation> {
  readonly wireRequest: WireRequest;
  readonly warnings: readonly Warning[];
  /** Undoes on the reply what this encoder did to the request (shortened names, emulated features). */
  readonly decoder: ReplyDecoder<Op>;
}

export interface DecodedRequest<Op extends Operation> {
  readonly model: string;
  readonly stream: boolean;
  /** How the caller wants the stream laid out. Default: the wire's framing. */
  readonly framing?: Framing | undefined;
  /** The id of a stored answer that this request goes on from or is about. */
  readonly continues?: string | undefined;
  /** The form that the answer is to have, where one is asked for. */
  readonly output?: OutputForm | undefined;
  /** Decodes the rest. Throws GatewayError `invalid_request` with `param`. */
  request(): Operations[Op]["request"];
  encoder(meta: ReplyMeta): ReplyEncoder<Op>;
}

export interface Codec<Op extends Operation> {
  /** Canonical → wire. Throws GatewayError for what cannot be said at all (an orphaned tool result …). */
  encodeRequest(request: Operations[Op]["request"], target: Target): EncodedRequest<Op>;
  /** Wire → canonical. Reads only what routing needs; throws GatewayError `invalid_request` with `param`. */
  decodeRequest?(incoming: Incoming): DecodedRequest<Op>;
  /** Both sides speak this wire: edits the caller's bytes instead of rebuilding them. */
  relay?(source: Source, target: Target): Relayed<Op>;
}

/** A request to be relayed. */
export interface Relayed<Op extends Operation> {
  readonly wireRequest: WireRequest;
  readonly warnings: readonly Warning[];
  readonly relay: Relay;
  /** Reads the content of what is relayed, should somebody ask for it. Holds nothing of the request, which may be large. */
  readonly decoder: () => ReplyDecoder<Op>;
}

/** Reads a provider's reply. Lenient: unknown fields are kept or skipped, never fatal; an unreadable reply throws `bad_reply`. */
export interface ReplyDecoder<Op extends Operation> {
  whole(body: JsonObject): Operations[Op]["result"];
  push(event: WireEvent): readonly Operations[Op]["chunk"][];
  /** The stream's bytes are over: closes what is open. */
  end(): readonly Operations[Op]["chunk"][];
  /** True once the answer is whole: a stream that ends before was truncated. Usage may still come. */
  readonly ended: boolean;
  /** True once the wire's own end marker was seen: nothing more will come. */
  readonly done: boolean;
  /**
   * What was counted and no chunk has told yet. Providers that count anew with every event have their counts read once the
   * answer is whole; of one that breaks off this is the last word.
   */
  readonly counted?: (Operations[Op]["chunk"] & { readonly type: "usage" }) | undefined;
  /** What of the reply was skipped or mended so far. */
  readonly warnings?: readonly Warning[] | undefined;
}

/** Writes a reply for a caller. */
export interface ReplyEncoder<Op extends Operation> {
  whole(result: Operations[Op]["result"]): JsonObject;
  push(chunk: Operations[Op]["chunk"]): readonly WireEvent[];
  /** Ends the stream: the wire's end marker only for `finished` and `limited`, else its own error event (none for `cancelled`). */
  end(terminal: Terminal): readonly WireEvent[];
  /** Warnings about what this wire could not carry back to the caller. */
  readonly warnings: readonly Warning[];
  /** An event (or, with `comment`, an SSE comment) that keeps an idle stream alive and that SDKs ignore. */
  readonly keepAlive: WireEvent | { readonly comment: string };
}

/** What a streamed reply has told of itself so far. */
export interface Observed {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly finish?: Finish | undefined;
  readonly error?: GatewayError | undefined;
  /** Caller-visible content has passed: from here on the answer cannot be restarted. */
  readonly content: boolean;
  /** The answer is whole: a stream that ends before was truncated. Usage may still come. */
  readonly ended: boolean;
  /** The wire's own end marker has passed: nothing more will come. */
  readonly done: boolean;
  /**
   * Something has passed that its maker wants back with the next request and that SDKs of this wire lose (OpenAI chat: reasoning
   * details, signatures). Absent on wires whose SDKs echo all there is.
   */
  readonly losable?: boolean | undefined;
}

export interface Relay {
  /**
   * Once content has passed, frames whose text (read as Latin-1) this does not match need no look and are passed on unread.
   * It must match every frame that changes `observed()` or that `push` would drop or replace.
   */
  readonly interesting: RegExp;
  /** One event of a stream: pass it on as it came, leave it out, or replace it. */
  push(event: WireEvent): "keep" | "drop" | readonly WireEvent[];
  /**
   * A look at a whole reply's bytes, for replies too large to be parsed for their few facts. "keep": all is known, and it passes
   * as it came; undefined: it must be parsed for `whole`. Absent: always parsed.
   */
  skim?(bytes: Uint8Array): "keep" | undefined;
  /** A whole reply: pass it on as it came, or replace it. */
  whole(body: JsonObject): "keep" | JsonObject;
  /** Events to end the stream with when it did not end by itself: an error event, or a clean cut at a limit. */
  cut(terminal: Terminal): readonly WireEvent[];
  observed(): Observed;
}

/** An error in the wire's own shape. */
export interface WireError {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly body: JsonObject;
}

export interface Wire {
  readonly name: string;
  readonly framing: Framing;
  readonly codecs: { readonly [Op in Operation]?: Codec<Op> };
  /**
   * A provider's error reply. `body` is the parsed JSON, or the text where it was none. Secrets do not pass. How long to wait is
   * told as far as the body says it: the headers, alike for all wires, are read by `transport/retry-after.ts`.
   */
  decodeError(status: number, headers: HeaderBag, body: JsonObject | string, provider: string): GatewayError;
  /** `callId` is named in the message so that the operator can find the call. */
  encodeError(error: GatewayError, callId: string): WireError;
}
