import type { ChatChunk, ChatRequest, ChatResult, Choice } from "../../../src/canonical/chat.ts";
import type { WireEvent } from "../../../src/canonical/event.ts";
import type { Json, JsonObject } from "../../../src/canonical/json.ts";
import type { Part } from "../../../src/canonical/parts.ts";
import type { Terminal } from "../../../src/canonical/terminal.ts";
import type { Codec, Relay, ReplyDecoder, ReplyEncoder, Wire } from "../../../src/wires/wire.ts";
import { obj, parseJson, toJson } from "../json.ts";
import { type WireName, wireNames } from "../loader.ts";
import type { Subject } from "../subject.ts";

/* Tools for planting mistakes around a codec: each takes the code under test and gives it back with one thing wrong. */

export type Mutation = (subject: Subject) => Subject;

/** One mistake, by the name the table shows. */
export interface Planted {
  readonly id: string;
  readonly mutation: Mutation;
  /** Only the specifications can tell: not planted where they are not at hand. */
  readonly bySpecification?: true | undefined;
  /** The wire it is about: not planted where that wire is not there. */
  readonly wire?: WireName | undefined;
}

function onWire(names: readonly WireName[], change: (wire: Wire) => Wire): Mutation {
  return (subject) => {
    const wires = { ...subject.wires };
    for (const name of names) {
      const wire = wires[name];
      if (wire) wires[name] = change(wire);
    }
    return { ...subject, wires };
  };
}

function onCodec(names: readonly WireName[], change: (codec: Codec<"chat">) => Codec<"chat">): Mutation {
  return onWire(names, (wire) =>
    wire.codecs.chat ? { ...wire, codecs: { ...wire.codecs, chat: change(wire.codecs.chat) } } : wire,
  );
}

const bound = (codec: Codec<"chat">): Codec<"chat"> => ({
  encodeRequest: (request, target) => codec.encodeRequest(request, target),
  ...(codec.decodeRequest && { decodeRequest: codec.decodeRequest.bind(codec) }),
  ...(codec.relay && { relay: codec.relay.bind(codec) }),
});

interface DecoderChange {
  readonly chunk?: (chunk: ChatChunk) => readonly ChatChunk[];
  readonly result?: (result: ChatResult) => ChatResult;
  readonly ended?: (ended: boolean) => boolean;
}

export function onDecoder(change: DecoderChange, names: readonly WireName[] = wireNames): Mutation {
  const { chunk, result, ended } = change;
  const wrap = (decoder: ReplyDecoder<"chat">): ReplyDecoder<"chat"> => ({
    whole: (body) => (result ?? same)(decoder.whole(body)),
    push: (event) => (chunk ? decoder.push(event).flatMap(chunk) : decoder.push(event)),
    end: () => (chunk ? decoder.end().flatMap(chunk) : decoder.end()),
    get ended() {
      return ended ? ended(decoder.ended) : decoder.ended;
    },
    get done() {
      return decoder.done;
    },
  });
  return onCodec(names, (codec) => ({
    ...bound(codec),
    encodeRequest(request, target) {
      const encoded = codec.encodeRequest(request, target);
      return { ...encoded, decoder: wrap(encoded.decoder) };
    },
  }));
}

const same = <T>(value: T): T => value;

/** The same mistake in every part, whole or streamed. */
export function onParts(part: (part: Part) => Part | undefined, names?: readonly WireName[]): Mutation {
  return onDecoder(
    {
      chunk: (chunk) => {
        if (chunk.type !== "part-start") return [chunk];
        const content = part(chunk.content);
        return content ? [{ ...chunk, content }] : [];
      },
      result: (result) =>
        mapChoices(result, (choice) => ({ ...choice, content: choice.content.flatMap((one) => part(one) ?? []) })),
    },
    names,
  );
}

export const mapChoices = (result: ChatResult, change: (choice: Choice) => Choice): ChatResult => ({
  ...result,
  choices: result.choices.map(change),
});

interface EncoderChange {
  readonly events?: (event: WireEvent, body: JsonObject) => readonly WireEvent[];
  readonly end?: (events: readonly WireEvent[], encoder: ReplyEncoder<"chat">, terminal: Terminal) => readonly WireEvent[];
  readonly whole?: (body: JsonObject) => JsonObject;
}

export function onEncoder(change: EncoderChange, names: readonly WireName[] = wireNames): Mutation {
  const map = (events: readonly WireEvent[]): readonly WireEvent[] => {
    const { events: each } = change;
    return each ? events.flatMap((event) => each(event, obj(parseJson(event.data)))) : events;
  };
  const wrap = (encoder: ReplyEncoder<"chat">): ReplyEncoder<"chat"> => ({
    whole: (result) => (change.whole ?? same)(encoder.whole(result)),
    push: (chunk) => map(encoder.push(chunk)),
    end: (terminal) => (change.end ? change.end(encoder.end(terminal), encoder, terminal) : map(encoder.end(terminal))),
    get warnings() {
      return encoder.warnings;
    },
    get keepAlive() {
      return encoder.keepAlive;
    },
  });
  return onDecodedRequest((decoded) => ({ ...decoded, encoder: (meta) => wrap(decoded.encoder(meta)) }), names);
}

type Decoded = ReturnType<NonNullable<Codec<"chat">["decodeRequest"]>>;

function onDecodedRequest(change: (decoded: Decoded) => Decoded, names: readonly WireName[]): Mutation {
  return onCodec(names, (codec) => ({
    ...bound(codec),
    decodeRequest(incoming) {
      const decoded = codec.decodeRequest?.(incoming);
      if (!decoded) throw new Error("this wire takes no calls");
      const { model, stream, framing, continues } = decoded;
      return change({
        model,
        stream,
        framing,
        continues,
        request: () => decoded.request(),
        encoder: (meta) => decoded.encoder(meta),
      });
    },
  }));
}

/** A mistake in what a caller's request was understood to be. */
export const onRequest = (change: (request: ChatRequest) => ChatRequest, names: readonly WireName[] = wireNames): Mutation =>
  onDecodedRequest((decoded) => ({ ...decoded, request: () => change(decoded.request()) }), names);

/** A mistake in what is sent to a provider. */
export function onOutgoing(
  change: (body: Record<string, Json | undefined>) => JsonObject,
  names: readonly WireName[] = wireNames,
): Mutation {
  return onCodec(names, (codec) => ({
    ...bound(codec),
    encodeRequest(request, target) {
      const encoded = codec.encodeRequest(request, target);
      const body = change({ ...obj(toJson(encoded.wireRequest.body)) });
      return { ...encoded, wireRequest: { ...encoded.wireRequest, body } };
    },
  }));
}

export function onRelay(change: (relay: Relay) => Relay, names: readonly WireName[] = wireNames): Mutation {
  return onCodec(names, (codec) => ({
    ...bound(codec),
    relay(source, target) {
      const opened = codec.relay?.(source, target);
      if (!opened) throw new Error("this wire has no relay");
      return { ...opened, relay: change(plainRelay(opened.relay)) };
    },
  }));
}

/** A relay whose methods can be spread. */
const plainRelay = (relay: Relay): Relay => ({
  interesting: relay.interesting,
  push: (event) => relay.push(event),
  whole: (body) => relay.whole(body),
  cut: (terminal) => relay.cut(terminal),
  observed: () => relay.observed(),
});

export const onError = (change: (error: ReturnType<Wire["decodeError"]>) => ReturnType<Wire["decodeError"]>): Mutation =>
  onWire(wireNames, (wire) => ({
    ...wire,
    encodeError: (error, callId) => wire.encodeError(error, callId),
    decodeError: (status, headers, body, provider) => change(wire.decodeError(status, headers, body, provider)),
  }));

/** An event with its JSON data changed. */
export const withData = (event: WireEvent, body: JsonObject): WireEvent => ({ ...event, data: JSON.stringify(body) });
