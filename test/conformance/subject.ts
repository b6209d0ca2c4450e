import { pathToFileURL } from "node:url";
import type { Source, Span } from "../../src/canonical/call.ts";
import type { ChatChunk, ChatResult } from "../../src/canonical/chat.ts";
import type { WireEvent } from "../../src/canonical/event.ts";
import type { JsonObject } from "../../src/canonical/json.ts";
import type { Terminal } from "../../src/canonical/terminal.ts";
import type { Codec, DecodedRequest, Relay, ReplyDecoder, Target, Wire } from "../../src/wires/wire.ts";
import type { Exchange, WireName } from "./loader.ts";

interface Decoder {
  push(bytes: Uint8Array): readonly WireEvent[];
  end(): readonly WireEvent[];
}

interface Frames {
  push(bytes: Uint8Array): Uint8Array | undefined;
  rest(): Uint8Array | undefined;
}

interface Reader {
  read(): Promise<Uint8Array | undefined>;
  cancel(): void;
}

/** Told of the one terminal. */
type Note = (terminal: Terminal) => void;
const ignore: Note = () => {};

/** One step of a stream as the gateway passes it on. */
export interface Passing {
  open(): Promise<void>;
  next(): Promise<
    | {
        readonly done?: false | undefined;
        readonly value: readonly { readonly raw?: Uint8Array | undefined; chunks(): readonly ChatChunk[] }[];
      }
    | { readonly done: true; readonly value: Terminal }
  >;
  facts(): { readonly content: boolean; readonly ended: boolean };
}

/** The code that is judged: this checkout's, or a mutated copy of it. */
export interface Subject {
  readonly wires: { readonly [name in WireName]: Wire };
  readonly accumulate: (chunks: Iterable<ChatChunk>) => ChatResult;
  readonly decoder: () => Decoder;
  readonly frames: () => Frames;
  readonly splitFrames: (block: Uint8Array) => readonly Uint8Array[];
  readonly parseFrame: (frame: Uint8Array) => WireEvent | undefined;
  readonly encodeEvents: (events: readonly WireEvent[]) => string;
  readonly parseBody: (bytes: Uint8Array) => { readonly json: JsonObject; readonly members: ReadonlyMap<string, Span> };
  readonly relayed: (reader: Reader, relay: Relay, decoder: () => ReplyDecoder<"chat">, note?: Note) => Passing;
  readonly translated: (reader: Reader, decoder: ReplyDecoder<"chat">, note?: Note) => Passing;
}

/** `root` is a folder that holds src/. */
export async function loadSubject(root: string): Promise<Subject> {
  const from = (path: string) => import(new URL(`src/${path}`, pathToFileURL(`${root}/`)).href);
  const [openai, anthropic, accumulate, decoder, frames, encoder, body, relayed, translated] = await Promise.all([
    from("wires/openai-chat/index.ts"),
    from("wires/anthropic-messages/index.ts"),
    from("canonical/accumulate.ts"),
    from("framing/sse-decoder.ts"),
    from("framing/sse-frames.ts"),
    from("framing/sse-encoder.ts"),
    from("framing/json-body.ts"),
    from("router/relayed-stream.ts"),
    from("router/translated-stream.ts"),
  ]);
  return {
    wires: { "openai-chat": openai.openaiChat, "anthropic-messages": anthropic.anthropicMessages },
    accumulate: accumulate.accumulate,
    decoder: () => new decoder.SseDecoder(),
    frames: () => new frames.SseFrames(),
    splitFrames: frames.splitFrames,
    parseFrame: frames.parseFrame,
    encodeEvents: encoder.encodeEvents,
    parseBody: body.parseJsonBody,
    relayed: (reader, relay, lazy, note = ignore) => new relayed.RelayedStream(reader, relay, lazy, "call_conformance", note),
    translated: (reader, lazy, note = ignore) => new translated.TranslatedStream(reader, lazy, note),
  };
}

export const otherWire = (wire: WireName): WireName => (wire === "openai-chat" ? "anthropic-messages" : "openai-chat");

export function codecOf(subject: Subject, wire: WireName): Codec<"chat"> {
  const codec = subject.wires[wire].codecs.chat;
  if (!codec) throw new Error(`the wire ${wire} has no chat codec`);
  return codec;
}

/** A request for exchanges whose source kept none. */
export const stubRequest = (wire: WireName, stream: boolean): JsonObject => ({
  model: "unnamed-model",
  messages: [{ role: "user", content: "Hello" }],
  ...(wire === "anthropic-messages" && { max_tokens: 256 }),
  ...(stream && { stream: true }),
});

export function decodeRequest(subject: Subject, wire: WireName, exchange: Exchange, body: JsonObject): DecodedRequest<"chat"> {
  const codec = codecOf(subject, wire);
  if (!codec.decodeRequest) throw new Error(`the wire ${wire} takes no calls`);
  return codec.decodeRequest({ path: exchange.path, query: "", headers: exchange.requestHeaders, body });
}

export const targetFor = (exchange: Exchange, model: string, stream: boolean): Target => ({
  provider: exchange.provider,
  model,
  stream,
  callId: "call_1",
  quirks: { developerRole: true },
});

/** The decoder that would read this exchange's reply. A request the codec refuses is the request cell's business. */
export function decoderFor(subject: Subject, exchange: Exchange): ReplyDecoder<"chat"> {
  const stream = exchange.stream !== undefined;
  const codec = codecOf(subject, exchange.wire);
  const encode = (body: JsonObject): ReplyDecoder<"chat"> => {
    const decoded = decodeRequest(subject, exchange.wire, exchange, body);
    return codec.encodeRequest(decoded.request(), targetFor(exchange, decoded.model, stream)).decoder;
  };
  const stub = () => encode(stubRequest(exchange.wire, stream));
  if (!exchange.request) return stub();
  try {
    return encode(exchange.request);
  } catch {
    return stub();
  }
}

export function sourceOf(subject: Subject, exchange: Exchange, body: JsonObject): Source {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const { json, members } = subject.parseBody(bytes);
  return { wire: exchange.wire, path: exchange.path, query: "", headers: exchange.requestHeaders, body: bytes, json, members };
}

/** All events of a stream through the framing under test. */
export function eventsOf(subject: Subject, text: string): readonly WireEvent[] {
  const decoder = subject.decoder();
  return [...decoder.push(new TextEncoder().encode(text)), ...decoder.end()];
}

export function chunksOf(subject: Subject, exchange: Exchange, stream: string): { chunks: ChatChunk[]; ended: boolean } {
  const decoder = decoderFor(subject, exchange);
  const chunks = eventsOf(subject, stream).flatMap((event) => decoder.push(event));
  chunks.push(...decoder.end());
  return { chunks, ended: decoder.ended };
}
