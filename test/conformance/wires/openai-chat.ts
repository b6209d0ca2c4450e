import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { validateChatRequest } from "../../../src/simulator/validators/openai-chat.ts";
import { asksUsage, isUsageOnly, openaiStream, openaiWhole } from "../expect-openai.ts";
import { obj, objects, str } from "../json.ts";
import { openaiOrderFaults } from "../order-openai.ts";
import { type Lens, plain, usualFinish } from "../reading.ts";
import { dataOf, named, type Substance } from "./substance.ts";
import type { WireJudge } from "./wire-judge.ts";

const lens: Lens = {
  ...plain,
  opaque: false,
  finish: (finish) => usualFinish[finish],
  usage: (usage) => ({ ...usage, cacheWrite1h: undefined }),
};

export const openaiChat: WireJudge = {
  whole: openaiWhole,
  stream: openaiStream,
  order: (events, { complete }) => openaiOrderFaults(events, true, complete),
  strict: validateChatRequest,
  lens,
  sameLens: lens,
  ask: (model, stream) => ({
    body: {
      model,
      messages: [{ role: "user", content: "Hello" }],
      ...(stream && { stream: true, stream_options: { include_usage: true } }),
    },
    path: "/v1/chat/completions",
    query: "",
    named: undefined,
  }),
  upstream: (sent) =>
    sent["stream"] === true ? { ...sent, stream_options: { ...obj(sent["stream_options"]), include_usage: true } } : sent,
  substance,
  described: (event) => !isObject(event["error"]),
  hidden: (event, sent) => !asksUsage(sent) && isUsageOnly(event.data),
  finishing: /"finish_reason": ?"/,
  content: /content|tool_calls/,
  isError: (body) => isObject(body["error"]) && typeof body["error"]["message"] === "string",
};

function* substance(body: JsonObject): Substance {
  for (const message of objects(body["messages"])) {
    yield* texts(`message of ${String(message["role"])}`, message["content"]);
    for (const call of objects(message["tool_calls"])) yield* named("tool call", obj(call["function"])["name"]);
  }
  for (const tool of objects(body["tools"])) {
    const fn = obj(tool["function"]);
    if (fn["parameters"] === undefined) continue;
    yield* named("tool", fn["name"]);
    yield* named("tool description", fn["description"]);
  }
}

function* texts(what: string, content: Json | undefined): Substance {
  if (typeof content === "string") yield* named(what, content);
  if (!isArray(content)) return;
  for (const part of objects(content)) {
    if (part["type"] === "text") yield* named(what, part["text"]);
    if (part["type"] === "image_url") yield* named("image", dataOf(str(obj(part["image_url"])["url"]) ?? ""));
  }
}
