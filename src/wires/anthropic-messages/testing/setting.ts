import assert from "node:assert/strict";
import type { ChatRequest, ChatResult } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isArray, isObject, type JsonObject } from "../../../canonical/json.ts";
import { plain, targets, user, whole } from "../../shared/testing/codec.ts";
import type { ReplyDecoder, ReplyEncoder, Target } from "../../wire.ts";
import { anthropicMessages } from "../index.ts";

export const chat = whole(anthropicMessages.codecs.chat);

export const target = targets("anthropic", "claude-sonnet-4-5");

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
  const body = plain(wireRequest.body);
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

export const textOf = (result: ChatResult): string =>
  result.choices.flatMap((choice) => choice.content.flatMap((part) => (part.type === "text" ? part.text : ""))).join("");
