import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Ask, asText, type Choosing, type OfferedTool, type ReturnedResult } from "../brain/ask.ts";
import type { PromptCache } from "../brain/cache.ts";
import { nameMedium, nameUrl } from "../media.ts";
import type { Behaviour } from "../models.ts";
import { billInput } from "./bill.ts";

/** What an Anthropic Messages request asks for. The request has passed the order rules. */
export function readAsk(body: JsonObject, behaviour: Behaviour, cache: PromptCache): Ask {
  const messages = objects(body["messages"]);
  const choice = isObject(body["tool_choice"]) ? body["tool_choice"] : {};
  return {
    model: asText(body["model"]),
    stream: body["stream"] === true,
    said: said(messages),
    results: returned(messages),
    tools: objects(body["tools"]).flatMap(offered),
    choosing: choosing(choice),
    parallel: choice["disable_parallel_tool_use"] !== true,
    format: format(body),
    maxTokens: typeof body["max_tokens"] === "number" ? body["max_tokens"] : undefined,
    stop: isArray(body["stop_sequences"]) ? body["stop_sequences"].filter((stop) => typeof stop === "string") : [],
    choices: 1,
    thinking: thinking(body["thinking"], behaviour),
    logprobs: undefined,
    input: billInput(body, cache),
    usageInStream: true,
  };
}

function thinking(config: Json | undefined, behaviour: Behaviour): Ask["thinking"] {
  const type = isObject(config) ? config["type"] : undefined;
  if (isObject(config) && (type === "enabled" || type === "adaptive"))
    return config["display"] === "omitted" ? "omitted" : "shown";
  return behaviour.thinks && type !== "disabled" ? "shown" : "no";
}

/** The text of the trailing user turn without its tool results. */
function said(messages: readonly JsonObject[]): string {
  const last = messages.findLastIndex((message) => message["role"] === "user");
  const first = messages.slice(0, last + 1).findLastIndex((message) => message["role"] !== "user") + 1;
  return messages
    .slice(first, last + 1)
    .map((message) => describe(message["content"]))
    .filter((text) => text !== "")
    .join(" ");
}

function returned(messages: readonly JsonObject[]): readonly ReturnedResult[] {
  const turn = messages.findLastIndex((message) => message["role"] === "assistant");
  const names = new Map<Json | undefined, string>();
  for (const block of objects(messages[turn]?.["content"])) {
    if (block["type"] === "tool_use") names.set(block["id"], asText(block["name"]));
  }
  return messages
    .slice(turn + 1)
    .flatMap((message) => objects(message["content"]))
    .filter((block) => block["type"] === "tool_result")
    .map((block) => ({
      name: names.get(block["tool_use_id"]) ?? asText(block["tool_use_id"]),
      text: (block["is_error"] === true ? "(error) " : "") + describe(block["content"]),
    }));
}

function describe(content: Json | undefined): string {
  if (typeof content === "string") return content;
  return objects(content)
    .filter((block) => block["type"] !== "tool_result")
    .map((block) => {
      switch (block["type"]) {
        case "text":
          return asText(block["text"]);
        case "image":
        case "document":
          return source(asText(block["type"]), isObject(block["source"]) ? block["source"] : {});
        default:
          return `[${asText(block["type"])}]`;
      }
    })
    .join(" ");
}

function source(what: string, from: JsonObject): string {
  switch (from["type"]) {
    case "base64":
      return nameMedium(what, from["media_type"], from["data"]);
    case "url":
      return nameUrl(what, from["url"]);
    case "text":
      return asText(from["data"]);
    case "content":
      return describe(from["content"]);
    default:
      return `[${what} ${asText(from["file_id"])}]`;
  }
}

function offered(tool: JsonObject): readonly OfferedTool[] {
  if (tool["type"] !== undefined && tool["type"] !== null && tool["type"] !== "custom") return [];
  return [
    { name: asText(tool["name"]), kind: "function", schema: isObject(tool["input_schema"]) ? tool["input_schema"] : undefined },
  ];
}

function choosing(choice: JsonObject): Choosing {
  switch (choice["type"]) {
    case "none":
      return { type: "none" };
    case "any":
      return { type: "required" };
    case "tool":
      return { type: "tool", name: asText(choice["name"]) };
    default:
      return { type: "auto" };
  }
}

function format(body: JsonObject): Ask["format"] {
  const config = isObject(body["output_config"]) ? body["output_config"] : {};
  const wanted = config["format"] ?? body["output_format"];
  if (!isObject(wanted) || wanted["type"] !== "json_schema") return undefined;
  return { schema: isObject(wanted["schema"]) ? wanted["schema"] : undefined };
}

const objects = (value: Json | undefined): readonly JsonObject[] => (isArray(value) ? value.filter(isObject) : []);
