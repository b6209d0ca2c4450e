import type { FinishReason } from "../../src/canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { num, obj, objects, parseJson, str } from "./json.ts";
import type { ReadCall, Reading, ReadUsage } from "./reading.ts";
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
  done: boolean;
  /** Texts by place, as the deltas tell them. */
  readonly texts: Map<string, string>;
}

/** What a stream's events say of its items; an item's own last word stands above its deltas. */
export function responsesStream(text: string): Reading {
  const items = new Map<string, OpenItem>();
  let response: JsonObject = {};
  let error = false;
  let ended = false;
  for (const event of naiveEvents(text)) {
    const data = parseJson(event.data);
    if (!isObject(data)) continue;
    const type = str(data["type"]) ?? "";
    // Some servers give every item the index 0, so the id counts, too.
    const key = `${num(data["output_index"]) ?? 0} ${str(obj(data["item"])["id"]) ?? str(data["item_id"]) ?? ""}`;
    if (isObject(data["response"])) response = { ...response, ...data["response"] };
    if (type === "response.output_item.added") items.set(key, { item: obj(data["item"]), done: false, texts: new Map() });
    else if (type === "response.output_item.done") {
      const open = items.get(key);
      if (open) {
        open.item = obj(data["item"]);
        open.done = true;
      } else items.set(key, { item: obj(data["item"]), done: true, texts: new Map() });
    } else if (type.endsWith(".delta")) addDelta(items.get(key), type, data);
    error ||= type === "error" || type === "response.failed";
    ended ||= type === "response.completed" || type === "response.incomplete";
  }
  const told = [...items.values()].map((open) => (open.done ? open.item : withTexts(open)));
  return { ...reading(response, told), error, ended: ended && !error };
}

function addDelta(open: OpenItem | undefined, type: string, data: JsonObject): void {
  const place = `${type} ${num(data["content_index"]) ?? num(data["summary_index"]) ?? 0}`;
  open?.texts.set(place, (open.texts.get(place) ?? "") + (str(data["delta"]) ?? ""));
}

/** An item that was never finished, as far as its deltas came. */
function withTexts({ item, texts }: OpenItem): JsonObject {
  const of = (type: string): string =>
    [...texts].flatMap(([place, text]) => (place.startsWith(`response.${type}.delta`) ? text : [])).join("");
  switch (item["type"]) {
    case "message": {
      const refusal = of("refusal");
      const parts = [{ type: "output_text", text: of("output_text") }];
      return { ...item, content: refusal === "" ? parts : [...parts, { type: "refusal", refusal }] };
    }
    case "reasoning":
      return { ...item, summary: [{ type: "summary_text", text: of("reasoning_summary_text") + of("reasoning_text") }] };
    case "function_call":
      return { ...item, arguments: of("function_call_arguments") };
    case "custom_tool_call":
      return { ...item, input: of("custom_tool_call_input") };
    default:
      return item;
  }
}

function reading(head: JsonObject, items: readonly JsonObject[]): Omit<Reading, "error" | "ended"> {
  const contents = items.filter((item) => item["type"] === "message").flatMap((item) => objects(item["content"]));
  const thoughts = items.filter((item) => item["type"] === "reasoning");
  const calls = items.flatMap(callOf);
  const choice = {
    index: 0,
    text: contents.map((part) => (part["type"] === "output_text" ? (str(part["text"]) ?? "") : "")).join(""),
    refusal: contents.map((part) => (part["type"] === "refusal" ? (str(part["refusal"]) ?? "") : "")).join(""),
    reasoning: thoughts.map((item) => thoughtOf(item)).join(""),
    calls,
    finish: responsesFinish(head, items, calls.length > 0),
    opaque: thoughts.flatMap((item) => str(item["encrypted_content"]) || []),
  };
  return { id: str(head["id"]), model: str(head["model"]), choices: [choice], usage: responsesUsage(head["usage"]) };
}

/** The thoughts themselves where they are shown, else their summary; paragraphs apart. */
export function thoughtOf(item: JsonObject): string {
  const texts = (key: string): string =>
    objects(item[key])
      .flatMap((part) => str(part["text"]) || [])
      .join("\n\n");
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
