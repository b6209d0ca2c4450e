import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Source, Span } from "../../src/canonical/call.ts";
import type { ChatChunk, ChatResult } from "../../src/canonical/chat.ts";
import type { WireEvent } from "../../src/canonical/event.ts";
import type { JsonObject } from "../../src/canonical/json.ts";
import type { Terminal } from "../../src/canonical/terminal.ts";
import type { Codec, DecodedRequest, Incoming, Relay, Relayed, ReplyDecoder, Target, Wire } from "../../src/wires/wire.ts";
import { type Exchange, type WireName, wireNames } from "./loader.ts";
import { wireJudges } from "./wires/index.ts";

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
  /** Those that there are: a wire without its codec is not judged. */
  readonly wires: { readonly [name in WireName]?: Wire };
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

/** The name under which each wire's folder exports it. */
const exported: { readonly [name in WireName]: string } = {
  "openai-chat": "openaiChat",
  "anthropic-messages": "anthropicMessages",
  "openai-responses": "openaiResponses",
  gemini: "gemini",
};

/** `root` is a folder that holds src/. */
export async function loadSubject(root: string): Promise<Subject> {
  const at = (path: string): URL => new URL(`src/${path}`, pathToFileURL(`${root}/`));
  const from = (path: string) => import(at(path).href);
  const wire = async (name: WireName): Promise<readonly [WireName, Wire] | undefined> => {
    const path = `wires/${name}/index.ts`;
    if (!existsSync(fileURLToPath(at(path)))) return undefined;
    const found: Wire | undefined = (await from(path))[exported[name]];
    return found?.codecs.chat === undefined ? undefined : [name, found];
  };
  const [wires, accumulate, decoder, frames, encoder, body, relayed, translated] = await Promise.all([
    Promise.all(wireNames.map(wire)),
    from("canonical/accumulate.ts"),
    from("framing/sse-decoder.ts"),
    from("framing/sse-frames.ts"),
    from("framing/sse-encoder.ts"),
    from("framing/json-body.ts"),
    from("router/relayed-stream.ts"),
    from("router/translated-stream.ts"),
  ]);
  return {
    wires: Object.fromEntries(wires.flatMap((one) => (one ? [one] : []))),
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

/** The wires that there are. */
export const served = (subject: Subject): readonly WireName[] => wireNames.filter((name) => subject.wires[name] !== undefined);

export const otherWires = (subject: Subject, wire: WireName): readonly WireName[] =>
  served(subject).filter((name) => name !== wire);

export function wireFor(subject: Subject, name: WireName): Wire {
  const wire = subject.wires[name];
  if (!wire) throw new Error(`the wire ${name} is not there`);
  return wire;
}

export function codecOf(subject: Subject, wire: WireName): Codec<"chat"> {
  const codec = wireFor(subject, wire).codecs.chat;
  if (!codec) throw new Error(`the wire ${wire} has no chat codec`);
  return codec;
}

/** The model and the layout that an exchange's request asks for, wherever its wire says so. */
export const modelOf = (exchange: Exchange): string => exchange.named ?? String(exchange.request?.["model"] ?? "unnamed-model");

export const wantsStream = (exchange: Exchange): boolean =>
  exchange.wire === "gemini" ? exchange.path.endsWith(":streamGenerateContent") : exchange.request?.["stream"] === true;

/** What was sent, or a request for exchanges whose source kept none. */
export const sentBy = (exchange: Exchange): JsonObject =>
  exchange.request ?? stubRequest(exchange.wire, exchange.stream !== undefined);

const stubRequest = (wire: WireName, stream: boolean): JsonObject => {
  const { stream_options: _options, ...body } = wireJudges[wire].ask("unnamed-model", stream).body;
  return body;
};

/** An exchange's own request, or another body in its place. */
export function decodeRequest(subject: Subject, exchange: Exchange, body: JsonObject): DecodedRequest<"chat"> {
  const { path, query, named, requestHeaders: headers } = exchange;
  return decoding(subject, exchange.wire)({ path, query, named, headers, body });
}

/** A small request of a caller on `wire` who asks for usage. */
export function decodeAsked(subject: Subject, wire: WireName, stream: boolean): DecodedRequest<"chat"> {
  return decoding(subject, wire)({ ...wireJudges[wire].ask("asked-model", stream), headers: {} });
}

function decoding(subject: Subject, wire: WireName) {
  const codec = codecOf(subject, wire);
  return (incoming: Incoming): DecodedRequest<"chat"> => {
    if (!codec.decodeRequest) throw new Error(`the wire ${wire} takes no calls`);
    return codec.decodeRequest(incoming);
  };
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
    const decoded = decodeRequest(subject, exchange, body);
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
  const { wire, path, query, requestHeaders: headers } = exchange;
  return { wire, path, query, headers, body: bytes, json, members };
}

/** The exchange's request relayed. */
export function relayOf(subject: Subject, exchange: Exchange): Relayed<"chat"> {
  const { relay } = codecOf(subject, exchange.wire);
  if (!relay) throw new Error(`the wire ${exchange.wire} has no relay`);
  const stream = wantsStream(exchange) || exchange.stream !== undefined;
  return relay(sourceOf(subject, exchange, sentBy(exchange)), targetFor(exchange, modelOf(exchange), stream));
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
