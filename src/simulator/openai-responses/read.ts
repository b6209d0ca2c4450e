import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Ask, asText, type Choosing, type OfferedTool, type ReturnedResult } from "../brain/ask.ts";
import type { PromptCache } from "../brain/cache.ts";
import type { Behaviour } from "../models.ts";
import { billInput } from "./count.ts";
import { describe, isCall, isMessage, isResult, objects } from "./items.ts";

/** What a Responses request asks for. `items`: all that the model is shown. The request has passed the order rules. */
export function readAsk(body: JsonObject, items: readonly JsonObject[], behaviour: Behaviour, cache: PromptCache): Ask {
  const lastUser = items.findLast((item) => isMessage(item) && item["role"] === "user");
  const choice = body["tool_choice"];
  return {
    model: asText(body["model"]),
    stream: body["stream"] === true,
    said: describe(lastUser?.["content"]),
    results: returned(items),
    tools: allowed(objects(body["tools"]).flatMap(offered), choice),
    choosing: choosing(choice),
    parallel: body["parallel_tool_calls"] !== false,
    format: format(body["text"]),
    maxTokens: typeof body["max_output_tokens"] === "number" ? body["max_output_tokens"] : undefined,
    stop: [],
    choices: 1,
    thinking: thinking(body["reasoning"], behaviour),
    logprobs: includes(body, "message.output_text.logprobs")
      ? typeof body["top_logprobs"] === "number"
        ? body["top_logprobs"]
        : 0
      : undefined,
    input: billInput(body, items, cache),
    usageInStream: true,
  };
}

export const includes = (body: JsonObject, what: string): boolean => isArray(body["include"]) && body["include"].includes(what);

/** Thoughts are summarized only where a summary is asked for. */
function thinking(config: Json | undefined, behaviour: Behaviour): Ask["thinking"] {
  const asked = isObject(config) ? config : {};
  const effort = asked["effort"];
  if (effort === "none" || (!behaviour.thinks && typeof effort !== "string")) return "no";
  return typeof (asked["summary"] ?? asked["generate_summary"]) === "string" ? "shown" : "hidden";
}

function returned(items: readonly JsonObject[]): readonly ReturnedResult[] {
  const start = items.findLastIndex((item) => !isResult(item)) + 1;
  const names = new Map<Json | undefined, string>();
  for (const item of items) if (isCall(item)) names.set(item["call_id"], asText(item["name"]));
  return items.slice(start).map((item) => ({
    name: names.get(item["call_id"]) ?? asText(item["call_id"]),
    text: describe(item["output"]),
  }));
}

function offered(tool: JsonObject): readonly OfferedTool[] {
  switch (tool["type"]) {
    case "function":
      return [
        { name: asText(tool["name"]), kind: "function", schema: isObject(tool["parameters"]) ? tool["parameters"] : undefined },
      ];
    case "custom":
      return [{ name: asText(tool["name"]), kind: "custom", schema: undefined }];
    default:
      // Hosted tools are taken and never used.
      return [];
  }
}

function allowed(tools: readonly OfferedTool[], choice: Json | undefined): readonly OfferedTool[] {
  if (!isObject(choice) || choice["type"] !== "allowed_tools") return tools;
  const names = new Set(objects(choice["tools"]).map((tool) => tool["name"]));
  return tools.filter((tool) => names.has(tool.name));
}

function choosing(choice: Json | undefined): Choosing {
  if (choice === "none" || choice === "required") return { type: choice };
  if (!isObject(choice)) return { type: "auto" };
  switch (choice["type"]) {
    case "function":
    case "custom":
      return { type: "tool", name: asText(choice["name"]) };
    case "allowed_tools":
      return { type: choice["mode"] === "required" ? "required" : "auto" };
    default:
      return { type: "auto" };
  }
}

function format(text: Json | undefined): Ask["format"] {
  const wanted = isObject(text) ? text["format"] : undefined;
  if (!isObject(wanted)) return undefined;
  if (wanted["type"] === "json_object") return { schema: undefined };
  if (wanted["type"] !== "json_schema") return undefined;
  return { schema: isObject(wanted["schema"]) ? wanted["schema"] : undefined };
}
