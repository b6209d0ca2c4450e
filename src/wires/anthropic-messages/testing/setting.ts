import assert from "node:assert/strict";
import type { ChatRequest, ChatResult, Message } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Codec, ReplyDecoder, ReplyEncoder, Target } from "../../wire.ts";
import { anthropicMessages } from "../index.ts";

function whole(found: Codec<"chat"> | undefined) {
  assert(found?.decodeRequest && found.relay);
  return { encodeRequest: found.encodeRequest, decodeRequest: found.decodeRequest, relay: found.relay };
}

export const chat = whole(anthropicMessages.codecs.chat);

export const target = (over: Partial<Target> = {}): Target => ({
  provider: "anthropic",
  model: "claude-sonnet-4-5",
  stream: false,
  callId: "call_1",
  quirks: {},
  ...over,
});

export const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });

/** A request as if it came from another wire. */
export const foreign = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "m",
  messages: [user("hello")],
  maxOutputTokens: 4000,
  extraOrigin: "openai-chat",
  ...over,
});

export interface Encoded {
  readonly body: JsonObject;
  readonly codes: readonly string[];
  readonly at: readonly (string | undefined)[];
  readonly headers: { readonly [name: string]: string | undefined };
  readonly decoder: ReplyDecoder<"chat">;
}

export function encode(request: ChatRequest, over: Partial<Target> = {}): Encoded {
  const { wireRequest, warnings, decoder } = chat.encodeRequest(request, target(over));
  const body: Json = JSON.parse(JSON.stringify(wireRequest.body));
  assert(isObject(body));
  return {
    body,
    codes: warnings.map((warning) => warning.code),
    at: warnings.map((warning) => warning.at),
    headers: wireRequest.headers,
    decoder,
  };
}

export const messagesOf = (body: JsonObject): readonly JsonObject[] =>
  isArray(body["messages"]) ? body["messages"].filter(isObject) : [];
export const blocksOf = (message: JsonObject | undefined): readonly JsonObject[] =>
  isArray(message?.["content"]) ? message["content"].filter(isObject) : [];

export const decoder = (): ReplyDecoder<"chat"> => encode(foreign()).decoder;

export function encoder(): ReplyEncoder<"chat"> {
  const body = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] };
  const meta = { id: "msg_ours", createdAt: 0, model: "ours" };
  return chat.decodeRequest({ path: "", query: "", headers: {}, body }).encoder(meta);
}

export const event = (body: JsonObject & { readonly type: string }): WireEvent => ({
  event: body.type,
  data: JSON.stringify(body),
});

/** The events of a body of server-sent events, read simply. */
export function eventsOf(body: string): readonly WireEvent[] {
  return body.split(/\r?\n\r?\n/).flatMap((frame) => {
    const lines = frame.split(/\r?\n/);
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
    const name = lines
      .find((line) => line.startsWith("event:"))
      ?.slice(6)
      .trim();
    return data.length === 0 ? [] : [{ event: name, data: data.join("\n") }];
  });
}

export const parsed = (events: readonly WireEvent[]): readonly JsonObject[] =>
  events.map(({ data }) => {
    const value: Json = JSON.parse(data);
    assert(isObject(value));
    return value;
  });

export const textOf = (result: ChatResult): string =>
  result.choices.flatMap((choice) => choice.content.flatMap((part) => (part.type === "text" ? part.text : ""))).join("");
