import assert from "node:assert/strict";
import type { ChatRequest } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Warning } from "../../../canonical/warnings.ts";
import { plain, targets, user, whole } from "../../shared/testing/codec.ts";
import type { Incoming, ReplyDecoder, ReplyEncoder, Target } from "../../wire.ts";
import { gemini } from "../index.ts";

export const chat = whole(gemini.codecs.chat);
export const embed = whole(gemini.codecs.embed);
export const counting = whole(gemini.codecs["count-tokens"]);

export const target = targets("google", "gemini-3-flash");

export const incoming = (body: JsonObject, verb = "generateContent", over: Partial<Incoming> = {}): Incoming => ({
  path: `/v1beta/models/m:${verb}`,
  named: "m",
  query: "alt=sse",
  headers: {},
  body,
  ...over,
});

/** A request as if it came from another wire. */
export const foreign = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "m",
  messages: [user("hello")],
  extraOrigin: "openai-chat",
  ...over,
});

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
