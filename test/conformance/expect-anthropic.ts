import type { FinishReason } from "../../src/canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { merge } from "./expect-openai.ts";
import { num, obj, objects, parseJson, str } from "./json.ts";
import { note, type ReadCall, type Reading, type ReadUsage } from "./reading.ts";
import { naiveEvents } from "./sse.ts";

/* Reads recorded Anthropic replies without the codec. */

interface Block {
  readonly type: string;
  text: string;
  reasoning: string;
  opaque: string;
  call: ReadCall | undefined;
}

export function anthropicWhole(body: JsonObject): Reading {
  const blocks = objects(body["content"]).map(blockOf);
  const usage = anthropicUsage([body["usage"] ?? null]);
  return reading(body, blocks, str(body["stop_reason"]) ?? "", usage, body["type"] === "error" || !isObject(body["usage"]), true);
}

export function anthropicStream(text: string): Reading {
  const blocks = new Map<number, Block>();
  const usages: Json[] = [];
  let head: JsonObject = {};
  let stop = "";
  let error = false;
  let ended = false;
  for (const event of naiveEvents(text)) {
    const data = parseJson(event.data);
    if (!isObject(data)) continue;
    const at = num(data["index"]) ?? 0;
    switch (data["type"]) {
      case "message_start": {
        head = obj(data["message"]);
        usages.push(head["usage"] ?? null);
        stop = str(head["stop_reason"]) ?? "";
        for (const [i, block] of objects(head["content"]).entries()) blocks.set(i, blockOf(block));
        break;
      }
      case "content_block_start":
        blocks.set(at, blockOf(obj(data["content_block"])));
        break;
      case "content_block_delta": {
        const block = blocks.get(at);
        if (block) addDelta(block, obj(data["delta"]));
        break;
      }
      case "message_delta":
        stop = str(obj(data["delta"])["stop_reason"]) ?? stop;
        usages.push(data["usage"] ?? null);
        break;
      case "message_stop":
        ended = true;
        break;
      case "error":
        error = true;
        break;
    }
  }
  const ordered = [...blocks].sort(([a], [b]) => a - b).map(([, block]) => block);
  return reading(head, ordered, stop, anthropicUsage(usages), error, ended);
}

function blockOf(block: JsonObject): Block {
  const type = str(block["type"]) ?? "";
  const call =
    type === "tool_use" ? { name: str(block["name"]) ?? "", args: argsOf(block["input"]), id: str(block["id"]) } : undefined;
  return {
    type,
    text: type === "text" ? (str(block["text"]) ?? "") : "",
    reasoning: type === "thinking" ? (str(block["thinking"]) ?? "") : "",
    opaque: (type === "thinking" ? str(block["signature"]) : type === "redacted_thinking" ? str(block["data"]) : "") ?? "",
    call,
  };
}

/** An empty object in a start event is a placeholder for the deltas that follow. */
const argsOf = (input: Json | undefined): string =>
  isObject(input) && Object.keys(input).length === 0 ? "" : JSON.stringify(input ?? {});

function addDelta(block: Block, delta: JsonObject): void {
  switch (delta["type"]) {
    case "text_delta":
      block.text += str(delta["text"]) ?? "";
      break;
    case "thinking_delta":
      block.reasoning += str(delta["thinking"]) ?? "";
      break;
    case "signature_delta":
      block.opaque += str(delta["signature"]) ?? "";
      break;
    case "input_json_delta":
      if (block.call) block.call = { ...block.call, args: block.call.args + (str(delta["partial_json"]) ?? "") };
      break;
  }
}

function reading(
  head: JsonObject,
  blocks: readonly Block[],
  stop: string,
  usage: ReadUsage | undefined,
  error: boolean,
  ended: boolean,
): Reading {
  const calls = blocks.flatMap((block) => block.call ?? []);
  const order: string[] = [];
  for (const block of blocks) {
    note(order, "text", block.text);
    note(order, "reasoning", block.reasoning);
    note(order, "call", block.call?.name ?? "");
  }
  const choice = {
    index: 0,
    order,
    text: blocks.map((block) => block.text).join(""),
    reasoning: blocks.map((block) => block.reasoning).join(""),
    refusal: "",
    calls,
    finish: anthropicFinish(stop, calls.length > 0),
    opaque: blocks.flatMap((block) => block.opaque || []),
  };
  return { id: str(head["id"]), model: str(head["model"]), choices: [choice], usage, error, ended };
}

export function anthropicFinish(raw: string, calls: boolean): FinishReason | undefined {
  switch (raw) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "refusal":
      return "content-filter";
    case "pause_turn":
      return "pause";
    case "end_turn":
    case "stop_sequence":
    case "tool_use":
      return calls ? "tool-calls" : "stop";
    default:
      return undefined;
  }
}

/** The last explicit value of each field wins. Anthropic's input excludes what was cached. */
export function anthropicUsage(list: readonly Json[]): ReadUsage | undefined {
  let usage: JsonObject = {};
  for (const next of list) if (isObject(next)) usage = merge(usage, next);
  const fresh = num(usage["input_tokens"]);
  const output = num(usage["output_tokens"]);
  if (fresh === undefined && output === undefined) return undefined;
  const split = obj(usage["cache_creation"]);
  const hour = num(split["ephemeral_1h_input_tokens"]);
  const five = num(split["ephemeral_5m_input_tokens"]);
  const flat = num(usage["cache_creation_input_tokens"]);
  const cacheWrite = flat ?? (hour ?? 0) + (five ?? 0);
  const cacheRead = num(usage["cache_read_input_tokens"]) ?? 0;
  const reasoning = num(obj(usage["output_tokens_details"])["thinking_tokens"]) ?? 0;
  if (objects(usage["iterations"]).some((one) => one["type"] === "compaction")) return withCompaction(usage, reasoning);
  return {
    input: (fresh ?? 0) + cacheRead + cacheWrite,
    cacheRead,
    cacheWrite,
    cacheWrite1h: hour !== undefined && five !== undefined && hour + five === cacheWrite ? hour : undefined,
    output: output ?? 0,
    reasoning,
    odd: reasoning > (output ?? 0),
  };
}

/** The totals leave a compaction's own tokens out, which are billed all the same: all iterations are to be summed. */
function withCompaction(usage: JsonObject, reasoning: number): ReadUsage {
  const sum = (key: string): number => objects(usage["iterations"]).reduce((total, one) => total + (num(one[key]) ?? 0), 0);
  const cacheRead = sum("cache_read_input_tokens");
  const cacheWrite = sum("cache_creation_input_tokens");
  const input = sum("input_tokens") + cacheRead + cacheWrite;
  return { input, cacheRead, cacheWrite, cacheWrite1h: undefined, output: sum("output_tokens"), reasoning, odd: false };
}
