import type { FinishReason } from "../../../src/canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { validateMessagesRequest } from "../../../src/simulator/validators/anthropic-messages.ts";
import { anthropicStream, anthropicWhole } from "../expect-anthropic.ts";
import { obj, objects } from "../json.ts";
import { anthropicOrderFaults } from "../order-anthropic.ts";
import { type Lens, plain } from "../reading.ts";
import { named, type Substance } from "./substance.ts";
import type { WireJudge } from "./wire-judge.ts";

const says: { readonly [finish in FinishReason]: FinishReason } = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool-calls",
  "content-filter": "content-filter",
  pause: "pause",
  error: "stop",
  other: "stop",
};

const lens: Lens = {
  ...plain,
  opaque: false,
  refusalIsText: true,
  oneChoice: true,
  brokenArgs: false,
  id: (id) => /^[a-zA-Z0-9_-]+$/.test(id),
  finish: (finish) => says[finish],
  refusalMayFilter: true,
};

export const anthropicMessages: WireJudge = {
  whole: anthropicWhole,
  stream: anthropicStream,
  order: (events, { complete, brokenArgs }) => anthropicOrderFaults(events, complete, brokenArgs),
  strict: (body) => validateMessagesRequest(body),
  lens,
  sameLens: { ...lens, oneChoice: false, opaque: true },
  ask: (model, stream) => ({
    body: { model, messages: [{ role: "user", content: "Hello" }], max_tokens: 256, ...(stream && { stream: true }) },
    path: "/v1/messages",
    query: "",
    named: undefined,
  }),
  upstream: (sent) => sent,
  substance,
  described: (event) => event["type"] !== "ping" && event["type"] !== "error",
  hidden: () => false,
  finishing: /message_delta/,
  content: /content|tool_calls/,
  isError: (body) => body["type"] === "error" && isObject(body["error"]) && typeof body["error"]["message"] === "string",
};

function* substance(body: JsonObject): Substance {
  yield* texts("system", body["system"]);
  for (const message of objects(body["messages"])) yield* texts(`message of ${String(message["role"])}`, message["content"]);
  for (const tool of objects(body["tools"])) {
    if (tool["input_schema"] === undefined) continue;
    yield* named("tool", tool["name"]);
    yield* named("tool description", tool["description"]);
  }
}

function* texts(what: string, content: Json | undefined): Substance {
  if (typeof content === "string") yield* named(what, content);
  if (!isArray(content)) return;
  for (const part of objects(content)) {
    switch (part["type"]) {
      case "text":
        yield* named(what, part["text"]);
        break;
      case "image":
      case "document":
        yield* named(String(part["type"]), obj(part["source"])["data"] ?? obj(part["source"])["url"]);
        break;
      case "tool_use":
        yield* named("tool call", part["name"]);
        break;
      case "tool_result":
        yield* texts("tool result", part["content"]);
        break;
    }
  }
}
