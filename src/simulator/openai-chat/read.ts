import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Ask, asText, type Choosing, type InputBill, type OfferedTool, type ReturnedResult } from "../brain/ask.ts";
import type { PromptCache } from "../brain/cache.ts";
import { countTokens } from "../brain/tokens.ts";
import { nameMedium, nameUrl } from "../media.ts";
import type { Behaviour } from "../models.ts";

const tokensPerMessage = 4;
const tokensPerMedium = 85;

/** What an OpenAI chat request asks for. The request has passed the order rules. */
export function readAsk(body: JsonObject, behaviour: Behaviour, cache: PromptCache): Ask {
  const messages = objects(body["messages"]);
  const options = isObject(body["stream_options"]) ? body["stream_options"] : {};
  const lastUser = messages.findLast((message) => message["role"] === "user");
  return {
    model: asText(body["model"]),
    stream: body["stream"] === true,
    said: describe(lastUser?.["content"]),
    results: returned(messages),
    tools: objects(body["tools"]).flatMap(offered),
    choosing: choosing(body["tool_choice"]),
    parallel: body["parallel_tool_calls"] !== false,
    format: format(body["response_format"]),
    maxTokens: whole(body["max_completion_tokens"]) ?? whole(body["max_tokens"]),
    stop: typeof body["stop"] === "string" ? [body["stop"]] : texts(body["stop"]),
    choices: whole(body["n"]) ?? 1,
    thinking: behaviour.thinks
      ? "shown"
      : typeof body["reasoning_effort"] === "string" && body["reasoning_effort"] !== "none"
        ? "hidden"
        : "no",
    logprobs: body["logprobs"] === true ? (whole(body["top_logprobs"]) ?? 0) : undefined,
    input: bill(body, messages, cache),
    usageInStream: options["include_usage"] === true,
  };
}

function returned(messages: readonly JsonObject[]): readonly ReturnedResult[] {
  const start = messages.findLastIndex((message) => message["role"] !== "tool") + 1;
  if (start === messages.length) return [];
  const names = new Map<Json | undefined, string>();
  for (const call of objects(messages[start - 1]?.["tool_calls"])) {
    const made = isObject(call["function"]) ? call["function"] : isObject(call["custom"]) ? call["custom"] : {};
    names.set(call["id"], asText(made["name"]));
  }
  return messages.slice(start).map((message) => ({
    name: names.get(message["tool_call_id"]) ?? asText(message["tool_call_id"]),
    text: describe(message["content"]),
  }));
}

/** A content as one text, other media named. */
function describe(content: Json | undefined): string {
  if (typeof content === "string") return content;
  return objects(content)
    .map((part) => {
      switch (part["type"]) {
        case "text":
          return asText(part["text"]);
        case "refusal":
          return asText(part["refusal"]);
        case "image_url":
          return nameUrl("image", isObject(part["image_url"]) ? part["image_url"]["url"] : undefined);
        case "input_audio": {
          const audio = isObject(part["input_audio"]) ? part["input_audio"] : {};
          return nameMedium("audio", `audio/${asText(audio["format"])}`, audio["data"]);
        }
        case "file": {
          const file = isObject(part["file"]) ? part["file"] : {};
          return typeof file["file_id"] === "string" ? `[file ${file["file_id"]}]` : nameUrl("file", file["file_data"]);
        }
        default:
          return `[${asText(part["type"])}]`;
      }
    })
    .join(" ");
}

function offered(tool: JsonObject): readonly OfferedTool[] {
  const fn = tool["function"];
  if (isObject(fn)) {
    return [{ name: asText(fn["name"]), kind: "function", schema: isObject(fn["parameters"]) ? fn["parameters"] : undefined }];
  }
  const custom = tool["custom"];
  return isObject(custom) ? [{ name: asText(custom["name"]), kind: "custom", schema: undefined }] : [];
}

function choosing(choice: Json | undefined): Choosing {
  if (choice === "none" || choice === "required") return { type: choice };
  if (!isObject(choice)) return { type: "auto" };
  if (isObject(choice["allowed_tools"]))
    return choice["allowed_tools"]["mode"] === "required" ? { type: "required" } : { type: "auto" };
  const named = isObject(choice["function"]) ? choice["function"] : isObject(choice["custom"]) ? choice["custom"] : {};
  return { type: "tool", name: asText(named["name"]) };
}

function format(wanted: Json | undefined): Ask["format"] {
  if (!isObject(wanted)) return undefined;
  if (wanted["type"] === "json_object") return { schema: undefined };
  if (wanted["type"] !== "json_schema") return undefined;
  const stated = isObject(wanted["json_schema"]) ? wanted["json_schema"] : {};
  return { schema: isObject(stated["schema"]) ? stated["schema"] : undefined };
}

function bill(body: JsonObject, messages: readonly JsonObject[], cache: PromptCache): InputBill {
  let total = body["tools"] === undefined ? 0 : countTokens(JSON.stringify(body["tools"]));
  let last = 0;
  for (const message of messages) {
    last = tokensPerMessage + countContent(message["content"]);
    if (message["tool_calls"] !== undefined) last += countTokens(JSON.stringify(message["tool_calls"]));
    total += last;
  }
  const key = body["prompt_cache_key"];
  if (typeof key !== "string") return { uncached: total, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
  const prefix = JSON.stringify([key, body["model"], body["tools"], messages.slice(0, -1)]);
  const cacheRead = cache.visit(prefix) ? total - last : 0;
  return { uncached: total - cacheRead, cacheRead, cacheWrite5m: 0, cacheWrite1h: 0 };
}

function countContent(content: Json | undefined): number {
  if (typeof content === "string") return countTokens(content);
  let total = 0;
  for (const part of objects(content)) {
    total += typeof part["text"] === "string" ? countTokens(part["text"]) : tokensPerMedium;
  }
  return total;
}

const objects = (value: Json | undefined): readonly JsonObject[] => (isArray(value) ? value.filter(isObject) : []);
const texts = (value: Json | undefined): readonly string[] =>
  isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
const whole = (value: Json | undefined): number | undefined => (typeof value === "number" ? value : undefined);
