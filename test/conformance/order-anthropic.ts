import type { WireEvent } from "../../src/canonical/event.ts";
import { isArray, isObject, type JsonObject } from "../../src/canonical/json.ts";
import { num, obj, parseJson, str } from "./json.ts";

const deltasOf: { readonly [block: string]: readonly string[] } = {
  text: ["text_delta", "citations_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  redacted_thinking: [],
  tool_use: ["input_json_delta"],
  server_tool_use: ["input_json_delta"],
  mcp_tool_use: ["input_json_delta"],
  compaction: ["compaction_delta"],
};
const stops = new Set([
  "end_turn",
  "max_tokens",
  "stop_sequence",
  "tool_use",
  "pause_turn",
  "refusal",
  "model_context_window_exceeded",
  "compaction",
]);

interface Open {
  readonly index: number;
  readonly type: string;
  json: string;
  signed: boolean;
}

/**
 * Holds a served Anthropic stream to the order that Anthropic itself keeps. Gives one sentence per fault. `brokenArgs`: the
 * model's own tool arguments are no JSON objects, so they cannot be so here.
 */
export function anthropicOrderFaults(events: readonly WireEvent[], complete: boolean, brokenArgs = false): string[] {
  const faults: string[] = [];
  let phase: "before" | "content" | "delta" | "stopped" | "error" = "before";
  let open: Open | undefined;
  let blocks = 0;
  let called = false;
  const broken: number[] = [];
  for (const { event, data } of events) {
    const body = obj(parseJson(data));
    const type = str(body["type"]) ?? "";
    if (event !== type) faults.push(`event name ${event} over data of type ${type}`);
    if (phase === "stopped" || phase === "error") faults.push(`${type} after the end`);
    switch (type) {
      case "ping":
        break;
      case "message_start":
        if (phase !== "before") faults.push("message_start twice");
        phase = "content";
        faults.push(...startFaults(obj(body["message"])));
        break;
      case "content_block_start": {
        if (phase !== "content") faults.push(`content_block_start while ${phase}`);
        if (open) faults.push("content_block_start inside an open block");
        if (num(body["index"]) !== blocks) faults.push(`block index ${String(body["index"])}, ${blocks} next`);
        const block = obj(body["content_block"]);
        open = { index: blocks++, type: str(block["type"]) ?? "", json: "", signed: false };
        called ||= block["type"] === "tool_use";
        faults.push(...blockFaults(block));
        break;
      }
      case "content_block_delta": {
        const delta = obj(body["delta"]);
        if (!open || num(body["index"]) !== open.index) faults.push("a delta outside its block");
        else deltaFaults(open, delta, faults);
        break;
      }
      case "content_block_stop":
        if (!open || num(body["index"]) !== open.index) faults.push("content_block_stop without its block");
        if (open?.json && parseJson(open.json) === undefined) broken.push(open.index);
        open = undefined;
        break;
      case "message_delta": {
        if (phase !== "content") faults.push(`message_delta while ${phase}`);
        if (open) faults.push("message_delta inside an open block");
        phase = "delta";
        const stop = obj(body["delta"])["stop_reason"];
        if (stop === "end_turn" && called) faults.push("stop_reason end_turn with a tool_use block");
        if (stop === "tool_use" && !called) faults.push("stop_reason tool_use without a tool_use block");
        if (typeof stop !== "string" || !stops.has(stop)) faults.push(`stop_reason ${String(stop)}`);
        if (broken.length > 0 && stop !== "max_tokens" && !brokenArgs) faults.push("tool input that is no JSON");
        if (num(obj(body["usage"])["output_tokens"]) === undefined) faults.push("message_delta without output_tokens");
        break;
      }
      case "message_stop":
        if (phase !== "delta") faults.push(`message_stop while ${phase}`);
        phase = "stopped";
        break;
      case "error":
        phase = "error";
        if (typeof obj(body["error"])["message"] !== "string") faults.push("an error without message");
        break;
      default:
        faults.push(`an unknown event ${type}`);
    }
  }
  if (complete && phase !== "stopped") faults.push(`the stream ends while ${phase}`);
  if (!complete && phase === "stopped") faults.push("message_stop on a stream that did not end well");
  return faults;
}

function startFaults(message: JsonObject): string[] {
  const faults: string[] = [];
  if (message["type"] !== "message" || message["role"] !== "assistant") faults.push("message_start without type and role");
  if (!isArray(message["content"]) || message["content"].length > 0) faults.push("message_start with content");
  if (message["stop_reason"] !== null) faults.push("message_start with a stop_reason");
  if (!str(message["id"]) || typeof message["model"] !== "string") faults.push("message_start without id or model");
  const usage = obj(message["usage"]);
  if (num(usage["input_tokens"]) === undefined || num(usage["output_tokens"]) === undefined)
    faults.push("message_start without usage");
  return faults;
}

/** Real starts are empty; what a block holds comes in deltas (redacted thinking and hosted results excepted). */
function blockFaults(block: JsonObject): string[] {
  switch (block["type"]) {
    case "text":
      return block["text"] === "" ? [] : ["a text block that does not start empty"];
    case "thinking":
      return block["thinking"] === "" && block["signature"] === "" ? [] : ["a thinking block that does not start empty"];
    case "tool_use": {
      const empty = isObject(block["input"]) && Object.keys(block["input"]).length === 0;
      return empty && str(block["id"]) && str(block["name"]) ? [] : ["a tool_use block without id or name, or with input"];
    }
    case "redacted_thinking":
      return str(block["data"]) ? [] : ["redacted thinking without data"];
    default:
      return [];
  }
}

function deltaFaults(open: Open, delta: JsonObject, faults: string[]): void {
  const type = str(delta["type"]) ?? "";
  if (!(deltasOf[open.type] ?? [type]).includes(type)) faults.push(`${type} in a ${open.type} block`);
  if (open.signed) faults.push("a delta after the signature");
  if (type === "signature_delta") open.signed = true;
  if (type === "input_json_delta") open.json += str(delta["partial_json"]) ?? "";
}
