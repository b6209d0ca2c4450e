import assert from "node:assert/strict";
import type { ChatRequest, Message } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Operation } from "../../../canonical/operations.ts";
import type { Warning } from "../../../canonical/warnings.ts";
import type { Codec, Incoming, ReplyDecoder, ReplyEncoder, Target } from "../../wire.ts";
import { gemini } from "../index.ts";

function whole<Op extends Operation>(found: Codec<Op> | undefined) {
  assert(found?.decodeRequest && found.relay);
  return { encodeRequest: found.encodeRequest, decodeRequest: found.decodeRequest, relay: found.relay };
}

export const chat = whole(gemini.codecs.chat);
export const embed = whole(gemini.codecs.embed);
export const counting = whole(gemini.codecs["count-tokens"]);

export const target = (over: Partial<Target> = {}): Target => ({
  provider: "google",
  model: "gemini-3-flash",
  stream: false,
  callId: "call_1",
  quirks: {},
  ...over,
});

export const incoming = (body: JsonObject, verb = "generateContent", over: Partial<Incoming> = {}): Incoming => ({
  path: `/v1beta/models/m:${verb}`,
  named: "m",
  query: "alt=sse",
  headers: {},
  body,
  ...over,
});

export const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });

/** A request as if it came from another wire. */
export const foreign = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "m",
  messages: [user("hello")],
  extraOrigin: "openai-chat",
  ...over,
});

export const plain = (value: unknown): Json => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

export interface Encoded {
  readonly path: string;
  readonly body: JsonObject;
  readonly warnings: readonly Warning[];
  readonly codes: readonly string[];
  readonly decoder: ReplyDecoder<"chat">;
}

export function encode(request: ChatRequest, over: Partial<Target> = {}): Encoded {
  const { wireRequest, warnings, decoder } = chat.encodeRequest(request, target(over));
  const body = plain(wireRequest.body);
  assert(isObject(body));
  return { path: wireRequest.path, body, warnings, codes: warnings.map(({ code }) => code), decoder };
}

/** A caller's body, decoded. */
export const decode = (body: JsonObject): ChatRequest => chat.decodeRequest(incoming(body)).request();

export const contentsOf = (body: JsonObject): readonly JsonObject[] =>
  isArray(body["contents"]) ? body["contents"].filter(isObject) : [];
export const partsOf = (content: JsonObject | undefined): readonly JsonObject[] =>
  isArray(content?.["parts"]) ? content["parts"].filter(isObject) : [];

export const decoder = (): ReplyDecoder<"chat"> => encode(foreign()).decoder;

export function encoder(): ReplyEncoder<"chat"> {
  const body = { contents: [{ parts: [{ text: "x" }] }] };
  return chat.decodeRequest(incoming(body)).encoder({ id: "ours", createdAt: 0, model: "our-model" });
}

export const event = (body: Json): WireEvent => ({ data: JSON.stringify(body) });

/** The events of a body of server-sent events, read simply. */
export function eventsOf(body: string): readonly WireEvent[] {
  return body.split(/\r?\n\r?\n/).flatMap((frame) => {
    const data = frame.split(/\r?\n/).filter((line) => line.startsWith("data:"));
    return data.length === 0 ? [] : [{ data: data.map((line) => line.slice(5).trimStart()).join("\n") }];
  });
}

export const parsed = (events: readonly WireEvent[]): readonly JsonObject[] =>
  events.map(({ data }) => {
    const value: Json = JSON.parse(data);
    assert(isObject(value));
    return value;
  });
