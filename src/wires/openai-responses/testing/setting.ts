import assert from "node:assert/strict";
import { accumulate } from "../../../canonical/accumulate.ts";
import type { Source } from "../../../canonical/call.ts";
import type { ChatChunk, ChatRequest, ChatResult } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Warning } from "../../../canonical/warnings.ts";
import { plain, sourceAt, targets, user, whole } from "../../shared/testing/codec.ts";
import type { Incoming, ReplyDecoder, ReplyEncoder, Target } from "../../wire.ts";
import { openaiResponses } from "../index.ts";

export const responses = whole(openaiResponses.codecs.chat);

export const target = targets("openai", "gpt-5");

export const incoming = (body: JsonObject, path = "/v1/responses"): Incoming => ({ path, query: "", headers: {}, body });

/** A request as if it came from another wire. */
export const foreign = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "m",
  messages: [user("hello")],
  extraOrigin: "anthropic-messages",
  ...over,
});

export interface Encoded {
  readonly body: JsonObject;
  readonly input: readonly JsonObject[];
  readonly warnings: readonly Warning[];
  readonly codes: readonly string[];
  readonly decoder: ReplyDecoder<"chat">;
}

export function encode(request: ChatRequest, over: Partial<Target> = {}): Encoded {
  const { wireRequest, warnings, decoder } = responses.encodeRequest(request, target(over));
  const body = plain(wireRequest.body);
  assert(isObject(body));
  const input = isArray(body["input"]) ? body["input"].filter(isObject) : [];
  return { body, input, warnings, codes: warnings.map((warning) => warning.code), decoder };
}

/** The body decoded and encoded again. */
export function round(body: JsonObject, over: Partial<Target> = {}): Encoded {
  const decoded = responses.decodeRequest(incoming(body));
  return encode(decoded.request(), { model: decoded.model, stream: decoded.stream, ...over });
}

export const decoder = (): ReplyDecoder<"chat"> => encode(foreign()).decoder;

export function encoder(body: JsonObject = {}): ReplyEncoder<"chat"> {
  const decoded = responses.decodeRequest(incoming({ model: "m", input: "hi", ...body }));
  return decoded.encoder({ id: "resp_ours", createdAt: 7, model: "m" });
}

/** Events as a provider would send them. */
export const events = (...bodies: readonly JsonObject[]): WireEvent[] =>
  bodies.map((body) => ({ event: String(body["type"]), data: JSON.stringify(body) }));

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
  sourceAt({ wire: openaiResponses.name, path: "/v1/responses" }, json, gap, write);
