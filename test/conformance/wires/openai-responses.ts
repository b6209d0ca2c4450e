import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { validateResponsesRequest } from "../../../src/simulator/validators/openai-responses.ts";
import { responsesStream, responsesWhole } from "../expect-responses.ts";
import { objects, str } from "../json.ts";
import { responsesOrderFaults } from "../order-responses.ts";
import { type Lens, plain, usualFinish } from "../reading.ts";
import { dataOf, named, type Substance } from "./substance.ts";
import type { WireJudge } from "./wire-judge.ts";

/** The status says completed or why not; that a call is to be made, the items say. */
const lens: Lens = {
  ...plain,
  opaque: false,
  oneChoice: true,
  finish: (finish) => usualFinish[finish],
  usage: (usage) => ({ ...usage, cacheWrite1h: undefined }),
};

export const openaiResponses: WireJudge = {
  whole: responsesWhole,
  stream: responsesStream,
  order: (events, { complete, cut }) => responsesOrderFaults(events, { complete, cut }),
  strict: (body) => validateResponsesRequest(body),
  lens,
  sameLens: { ...lens, opaque: true },
  ask: (model, stream) => ({
    body: { model, input: "Hello", ...(stream && { stream: true }) },
    path: "/v1/responses",
    query: "",
    named: undefined,
  }),
  upstream: (sent) => sent,
  substance,
  described: () => true,
  hidden: () => false,
  finishing: /"type": ?"response\.(completed|incomplete|failed)"/,
  content: /\.delta"/,
  isError: (body) => {
    const response = body["response"];
    if (body["type"] === "response.failed") return isObject(response) && isObject(response["error"]);
    if (body["type"] === "error") return typeof body["message"] === "string";
    return isObject(body["error"]) && typeof body["error"]["message"] === "string";
  },
};

function* substance(body: JsonObject): Substance {
  yield* named("instructions", body["instructions"]);
  yield* named("input", body["input"]);
  for (const item of objects(body["input"])) {
    switch (item["type"] ?? "message") {
      case "message":
        yield* texts(`message of ${String(item["role"])}`, item["content"]);
        break;
      case "function_call":
      case "custom_tool_call":
        yield* named("tool call", item["name"]);
        break;
      case "function_call_output":
      case "custom_tool_call_output":
        yield* texts("tool result", item["output"]);
        break;
    }
  }
  for (const tool of objects(body["tools"])) {
    if (tool["type"] !== "function" && tool["type"] !== "custom") continue;
    yield* named("tool", tool["name"]);
    yield* named("tool description", tool["description"]);
  }
}

function* texts(what: string, content: Json | undefined): Substance {
  if (typeof content === "string") yield* named(what, content);
  if (!isArray(content)) return;
  for (const part of objects(content)) {
    switch (part["type"]) {
      case "input_text":
      case "output_text":
        yield* named(what, part["text"]);
        break;
      case "refusal":
        yield* named(what, part["refusal"]);
        break;
      case "input_image":
        yield* named("image", dataOf(str(part["image_url"]) ?? ""));
        break;
      case "input_file":
        yield* named("file", dataOf(str(part["file_data"]) ?? str(part["file_url"]) ?? ""));
        break;
    }
  }
}
