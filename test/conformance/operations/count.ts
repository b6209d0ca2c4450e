import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import type { JsonObject } from "../../../src/canonical/json.ts";
import type { Wire } from "../../../src/wires/wire.ts";
import { type Diff, diff, differences, num, obj, toJson } from "../json.ts";
import { answering, layReady } from "../sdk-fetch.ts";
import type { Judges } from "../spec.ts";
import { codecFor, incoming, type SmallExchange, smallTarget, wiresWith } from "./exchange.ts";
import { refusals, relayed } from "./small.ts";

const openai = new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1/v1", fetch: answering, maxRetries: 0 });
const anthropic = new Anthropic({ apiKey: "none", baseURL: "http://127.0.0.1", fetch: answering, maxRetries: 0 });
const google = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: "http://127.0.0.1", fetch: answering } });

/** What the official SDK of each wire reads off an answer of ours. */
const counted: { readonly [wire: string]: () => Promise<number | undefined> } = {
  "anthropic-messages": async () => (await anthropic.messages.countTokens({ model: "any", messages: [] })).input_tokens,
  "openai-responses": async () => (await openai.responses.inputTokens.count({ model: "any", input: "" })).input_tokens,
  gemini: async () => (await google.models.countTokens({ model: "any", contents: "any" })).totalTokens,
};

const asking: { readonly [wire: string]: { readonly path: string; readonly named?: string; readonly body: JsonObject } } = {
  "anthropic-messages": {
    path: "/v1/messages/count_tokens",
    body: { model: "any", messages: [{ role: "user", content: "Hello" }] },
  },
  "openai-responses": { path: "/v1/responses/input_tokens", body: { model: "any", input: "Hello" } },
  gemini: {
    path: "/v1beta/models/any:countTokens",
    named: "any",
    body: { contents: [{ role: "user", parts: [{ text: "Hello" }] }] },
  },
};

/** The figure, told to callers on each wire that counts; requests there and back. */
export async function count(exchange: SmallExchange, judges: Judges | undefined): Promise<readonly Diff[] | undefined> {
  if (exchange.status >= 400) return refusals(exchange);
  const sent = exchange.request ?? asking[exchange.wire.name]?.body ?? {};
  const codec = codecFor(exchange.wire, "count-tokens");
  if (!codec.decodeRequest) return [diff("count.decode", "a codec for callers", "none")];
  const request = codec.decodeRequest(incoming(exchange, sent)).request();
  const encoded = codec.encodeRequest(request, smallTarget(exchange));
  const out: Diff[] = differences("count.request", sent, toJson(encoded.wireRequest.body));
  out.push(...relayed(exchange, sent, "count-tokens"));
  const { whole } = exchange;
  if (!whole) return out;
  const due = num(whole["input_tokens"]) ?? num(whole["totalTokens"]) ?? 0;
  const result = encoded.decoder.whole(whole);
  if (result.inputTokens !== due) out.push(diff("count.tokens", due, result.inputTokens));
  if (result.estimated === true) out.push(diff("count.estimated", "the provider's own figure", "an estimate"));
  const cached = num(whole["cachedContentTokenCount"]);
  if (cached !== undefined && result.cachedTokens !== cached) out.push(diff("count.cached", cached, result.cachedTokens));
  for (const wire of wiresWith("count-tokens")) {
    const served = encoderOf(wire)?.whole(result);
    layReady(JSON.stringify(served ?? {}), "application/json");
    const read = await counted[wire.name]?.();
    if (read !== due) out.push(diff(`count.served.${wire.name}`, due, read));
    if (wire === exchange.wire) continue;
    const target = { ...smallTarget(exchange), provider: "elsewhere" };
    const { wireRequest } = codecFor(wire, "count-tokens").encodeRequest(request, target);
    for (const fault of judges?.countRequest(wire.name, obj(toJson(wireRequest.body))) ?? [])
      out.push(diff(`count.to.${wire.name}.spec`, "fits", fault));
  }
  return out;
}

function encoderOf(wire: Wire) {
  const ask = asking[wire.name];
  const codec = codecFor(wire, "count-tokens");
  return ask && codec.decodeRequest?.({ ...ask, query: "", headers: {} }).encoder({ id: "call-1", createdAt: 1, model: "m" });
}
