import type { FinishReason } from "../../src/canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { num, obj, objects, parseJson, str } from "./json.ts";
import { note, type ReadCall, type Reading, type ReadUsage } from "./reading.ts";
import { naiveEvents } from "./sse.ts";

/* Reads recorded answers of OpenAI's Responses API without the codec. */

/** Items that ask the caller to act, though they are no function calls. */
const asking = new Set([
  "computer_call",
  "local_shell_call",
  "shell_call",
  "apply_patch_call",
  "mcp_approval_request",
  "tool_search_call",
]);

export function responsesWhole(body: JsonObject): Reading {
  const failed = isObject(body["error"]) || body["status"] === "failed";
  return { ...reading(body, objects(body["output"])), error: failed, ended: true };
}

interface OpenItem {
  item: JsonObject;
  /** Texts by place, as the deltas tell them. */
  readonly texts: Map<string, string>;
}

/** What a stream's events say of its items: texts by their deltas where there are any, the rest by the item's last word. */
export function responsesStream(text: string): Reading {
  const items: OpenItem[] = [];
  const open = new Map<number, OpenItem>();
  const begin = (index: number, item: JsonObject): OpenItem => {
    const made = { item, texts: new Map<string, string>() };
    items.push(made);
    open.set(index, made);
    return made;
  };
  let response: JsonObject = {};
  let error = false;
  let ended = false;
  for (const event of naiveEvents(text)) {
    const data = parseJson(event.data);
    if (!isObject(data)) continue;
    const type = str(data["type"]) ?? "";
    const index = num(data["output_index"]) ?? 0;
    // Scrubbed recordings name the answer anew in every event: the first id is the answer's.
    if (isObject(data["response"])) response = { ...data["response"], ...pick(response, "id"), ...pick(response, "model") };
    if (type === "response.output_item.added") begin(index, obj(data["item"]));
    else if (type === "response.output_item.done") (open.get(index) ?? begin(index, {})).item = obj(data["item"]);
    else if (type.endsWith(".delta")) addDelta(open.get(index), type, data);
    error ||= type === "error" || type === "response.failed";
    ended ||= type === "response.completed" || type === "response.incomplete";
  }
  const told = items.map(withTexts);
  const read = reading(response, told);
  return { ...read, choices: told.length === 0 && error ? [] : read.choices, error, ended: ended && !error };
}

const pick = (value: JsonObject, key: string): JsonObject => (value[key] === undefined ? {} : { [key]: value[key] });

function addDelta(open: OpenItem | undefined, type: string, data: JsonObject): void {
  const place = `${type} ${num(data["content_index"]) ?? num(data["summary_index"]) ?? 0}`;
  open?.texts.set(place, (open.texts.get(place) ?? "") + (str(data["delta"]) ?? ""));
}

/** The item with its texts as its deltas told them. */
function withTexts({ item, texts }: OpenItem): JsonObject {
  const of = (type: string, without: Json | undefined): string => {
    const told = [...texts].filter(([place]) => place.startsWith(`response.${type}.delta`));
    return told.length > 0 ? told.map(([, text]) => text).join("") : (str(without) ?? "");
  };
  const said = (key: string, inner: string): string =>
    objects(item[key])
      .map((part) => str(part[inner]) ?? "")
      .join("");
  switch (item["type"]) {
    case "message":
      return {
        ...item,
        content: [
          { type: "output_text", text: of("output_text", said("content", "text")) },
          { type: "refusal", refusal: of("refusal", said("content", "refusal")) },
        ],
      };
    case "reasoning": {
      const summary = of("reasoning_summary_text", said("summary", "text"));
      return { ...item, summary: [{ text: summary }], content: [{ text: of("reasoning_text", said("content", "text")) }] };
    }
    case "function_call":
      return { ...item, arguments: of("function_call_arguments", item["arguments"]) };
    case "custom_tool_call":
      return { ...item, input: of("custom_tool_call_input", item["input"]) };
    default:
      return item;
  }
}

function reading(head: JsonObject, items: readonly JsonObject[]): Omit<Reading, "error" | "ended"> {
  const contents = items.filter((item) => item["type"] === "message").flatMap((item) => objects(item["content"]));
  const thoughts = items.filter((item) => item["type"] === "reasoning");
  const calls = items.flatMap(callOf);
  const order: string[] = [];
  for (const item of items) {
    for (const part of item["type"] === "message" ? objects(item["content"]) : []) {
      note(order, "text", str(part["text"]) ?? "");
      note(order, "refusal", str(part["refusal"]) ?? "");
    }
    if (item["type"] === "reasoning") note(order, "reasoning", thoughtOf(item));
    if (callOf(item).length > 0) note(order, "call", "call");
  }
  const choice = {
    index: 0,
    order,
    text: contents.map((part) => (part["type"] === "output_text" ? (str(part["text"]) ?? "") : "")).join(""),
    refusal: contents.map((part) => (part["type"] === "refusal" ? (str(part["refusal"]) ?? "") : "")).join(""),
    reasoning: thoughts.map((item) => thoughtOf(item)).join(""),
    calls,
    finish: responsesFinish(head, items, calls.length > 0),
    opaque: thoughts.flatMap((item) => str(item["encrypted_content"]) || []),
  };
  return { id: str(head["id"]), model: str(head["model"]), choices: [choice], usage: responsesUsage(head["usage"]) };
}

/** The thoughts' summary, or they themselves where they are shown instead. */
export function thoughtOf(item: JsonObject): string {
  const texts = (key: string): string =>
    objects(item[key])
      .flatMap((part) => str(part["text"]) || [])
      .join("");
  return texts("summary") || texts("content");
}

function callOf(item: JsonObject): ReadCall[] {
  const custom = item["type"] === "custom_tool_call";
  if (!custom && item["type"] !== "function_call") return [];
  const id = str(item["call_id"]) ?? str(item["id"]);
  return [{ name: str(item["name"]) ?? "", args: str(item[custom ? "input" : "arguments"]) ?? "", id }];
}

export function responsesFinish(head: JsonObject, items: readonly JsonObject[], calls: boolean): FinishReason | undefined {
  switch (head["status"]) {
    case "completed":
      if (calls) return "tool-calls";
      return items.some((item) => asking.has(str(item["type"]) ?? "")) ? undefined : "stop";
    case "incomplete":
      switch (obj(head["incomplete_details"])["reason"]) {
        case "max_output_tokens":
          return "length";
        case "content_filter":
          return "content-filter";
        default:
          return undefined;
      }
    default:
      return undefined;
  }
}

export function responsesUsage(value: Json | undefined): ReadUsage | undefined {
  const usage = obj(value);
  const input = num(usage["input_tokens"]);
  const output = num(usage["output_tokens"]);
  if (input === undefined && output === undefined) return undefined;
  const ins = obj(usage["input_tokens_details"]);
  const cacheRead = num(ins["cached_tokens"]) ?? 0;
  const cacheWrite = num(ins["cache_write_tokens"]) ?? 0;
  const reasoning = num(obj(usage["output_tokens_details"])["reasoning_tokens"]) ?? 0;
  const i = input ?? 0;
  const o = output ?? 0;
  const total = num(usage["total_tokens"]);
  // xAI counts a grok's thoughts beside its output.
  const outside = reasoning > 0 && total === i + o + reasoning;
  return {
    input: i,
    cacheRead,
    cacheWrite,
    cacheWrite1h: undefined,
    output: outside ? o + reasoning : o,
    reasoning,
    odd: (total !== undefined && total !== i + o && !outside) || cacheRead + cacheWrite > i || (!outside && reasoning > o),
  };
}
