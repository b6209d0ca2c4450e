import assert from "node:assert/strict";
import { accumulate } from "../../../canonical/accumulate.ts";
import type { Source } from "../../../canonical/call.ts";
import type { ChatChunk, ChatRequest, ChatResult } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Warning } from "../../../canonical/warnings.ts";
import { plain, sourceAt, targets, user, whole } from "../../shared/testing/codec.ts";
import { type Recorded, recordings } from "../../shared/testing/recorded.ts";
import type { Incoming, ReplyDecoder, ReplyEncoder, Target } from "../../wire.ts";
import { openaiChat } from "../index.ts";

export const chat = whole(openaiChat.codecs.chat);

export const target = targets("openai", "gpt-5");

export const incoming = (body: JsonObject, path = "/v1/chat/completions"): Incoming => ({ path, query: "", headers: {}, body });

/** A request as if it came from another wire. */
export const foreign = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "m",
  messages: [user("hello")],
  extraOrigin: "anthropic-messages",
  ...over,
});

export interface Encoded {
  readonly body: JsonObject;
  readonly messages: readonly JsonObject[];
  readonly warnings: readonly Warning[];
  readonly codes: readonly string[];
  readonly decoder: ReplyDecoder<"chat">;
}

export function encode(request: ChatRequest, over: Partial<Target> = {}): Encoded {
  const { wireRequest, warnings, decoder } = chat.encodeRequest(request, target(over));
  const body = plain(wireRequest.body);
  assert(isObject(body) && isArray(body["messages"]));
  const messages = body["messages"].filter(isObject);
  return { body, messages, warnings, codes: warnings.map((warning) => warning.code), decoder };
}

/** The body decoded and encoded again. */
export function round(body: JsonObject, over: Partial<Target> = {}): Encoded {
  const decoded = chat.decodeRequest(incoming(body));
  return encode(decoded.request(), { model: decoded.model, stream: decoded.stream, ...over });
}

export const decoder = (choices?: number): ReplyDecoder<"chat"> => encode(foreign({ choices })).decoder;

export function encoder(body: JsonObject = {}): ReplyEncoder<"chat"> {
  const decoded = chat.decodeRequest(incoming({ model: "m", messages: [{ role: "user", content: "hi" }], ...body }));
  return decoded.encoder({ id: "chatcmpl-ours", createdAt: 7, model: "m" });
}

/** Chunks as a provider would send them, or raw data lines. */
export const events = (...chunks: readonly (Json | string)[]): WireEvent[] =>
  chunks.map((chunk) => ({ data: typeof chunk === "string" ? chunk : JSON.stringify(chunk) }));

export const delta = (value: JsonObject, finish: string | null = null, index = 0): JsonObject => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "served",
  choices: [{ index, delta: value, finish_reason: finish }],
});

export function readStream(
  from: readonly WireEvent[],
  reader = decoder(),
): { chunks: ChatChunk[]; result: ChatResult; ended: boolean } {
  const chunks = from.flatMap((event) => [...reader.push(event)]);
  chunks.push(...reader.end());
  return { chunks, result: accumulate(chunks), ended: reader.ended };
}

/** A caller's bytes. `write` spells each member's value. */
export const sourceOf = (json: JsonObject, gap?: string, write?: (value: Json) => string): Source =>
  sourceAt({ wire: openaiChat.name, path: "/v1/chat/completions" }, json, gap, write);

/** Every recorded chat completion. */
export const completions = (): Iterable<Recorded> =>
  recordings(["chat_completions", "openai_compat_chat", "openai_compat_chat_completions"]);
