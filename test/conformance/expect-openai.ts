import type { FinishReason } from "../../src/canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { arr, num, obj, objects, parseJson, str } from "./json.ts";
import type { ReadCall, ReadChoice, Reading, ReadUsage } from "./reading.ts";
import { naiveEvents } from "./sse.ts";

/*
 * Reads recorded OpenAI-style replies without the codec. Providers differ; every leniency here is one that a recording shows.
 */

interface OpenCall {
  key: number | undefined;
  id: string;
  name: string;
  args: string;
}

interface Open {
  text: string;
  reasoning: string;
  altReasoning: string;
  details: string;
  refusal: string;
  opaque: string[];
  raw: string;
  calls: OpenCall[];
}

const open = (): Open => ({
  text: "",
  reasoning: "",
  altReasoning: "",
  details: "",
  refusal: "",
  opaque: [],
  raw: "",
  calls: [],
});

export function openaiWhole(body: JsonObject): Reading {
  const choices = objects(body["choices"]).map((choice, at) => {
    const state = open();
    addMessage(state, obj(choice["message"]));
    state.raw = str(choice["finish_reason"]) ?? "";
    return close(num(choice["index"]) ?? at, state);
  });
  return {
    id: str(body["id"]),
    model: str(body["model"]),
    choices: choices.sort((a, b) => a.index - b.index),
    usage: openaiUsage([usageOf(body)]),
    error: choices.length === 0 || isObject(body["error"]),
    ended: true,
  };
}

export function openaiStream(text: string): Reading {
  const choices = new Map<number, Open>();
  const usages: Json[] = [];
  let done = false;
  let error = false;
  let id: string | undefined;
  let model: string | undefined;
  for (const event of naiveEvents(text)) {
    if (event.data === "[DONE]") {
      done = true;
      continue;
    }
    const chunk = parseJson(event.data);
    if (!isObject(chunk)) continue;
    if (isObject(chunk["error"]) || typeof chunk["error"] === "string") error = true;
    id ??= str(chunk["id"]) || undefined;
    model ??= str(chunk["model"]) || undefined;
    usages.push(usageOf(chunk));
    for (const choice of objects(chunk["choices"])) {
      const index = num(choice["index"]) ?? 0;
      let state = choices.get(index);
      if (!state) {
        state = open();
        choices.set(index, state);
      }
      addMessage(state, obj(choice["delta"]));
      state.raw = str(choice["finish_reason"]) || state.raw;
    }
  }
  const closed = [...choices].map(([index, state]) => close(index, state)).sort((a, b) => a.index - b.index);
  const finished = choices.size > 0 && [...choices.values()].every((state) => state.raw !== "");
  return { id, model, choices: closed, usage: openaiUsage(usages), error, ended: !error && (done || finished) };
}

function addMessage(state: Open, message: JsonObject): void {
  addContent(state, message["content"]);
  state.reasoning += str(message["reasoning_content"]) ?? "";
  state.altReasoning += str(message["reasoning"]) ?? "";
  state.refusal += str(message["refusal"]) ?? "";
  for (const detail of objects(message["reasoning_details"])) {
    state.details += str(detail["text"]) ?? str(detail["summary"]) ?? "";
    for (const key of ["signature", "data"]) {
      const payload = str(detail[key]);
      if (payload) state.opaque.push(payload);
    }
  }
  const legacy = message["function_call"];
  if (isObject(legacy) && (str(legacy["name"]) || str(legacy["arguments"]))) addCall(state, { index: -1, function: legacy });
  for (const call of objects(message["tool_calls"])) addCall(state, call);
}

function addContent(state: Open, content: Json | undefined): void {
  if (typeof content === "string") state.text += content;
  else if (isArray(content)) {
    for (const part of objects(content)) {
      if (part["type"] === "thinking")
        state.reasoning += objects(part["thinking"])
          .map((one) => str(one["text"]) ?? "")
          .join("");
      else state.text += str(part["text"]) ?? "";
    }
  } else if (isObject(content)) state.text += JSON.stringify(content);
}

function addCall(state: Open, call: JsonObject): void {
  const custom = isObject(call["custom"]) && !str(obj(call["function"])["name"]);
  const fn = obj(call[custom ? "custom" : "function"]);
  const id = str(call["id"]) ?? "";
  const name = str(fn["name"]) ?? "";
  const raw = fn["arguments"] ?? fn["input"];
  const args = typeof raw === "string" ? raw : raw === undefined || raw === null ? "" : JSON.stringify(raw);
  const key = num(call["index"]);
  const last = key === undefined ? state.calls.at(-1) : state.calls.findLast((one) => one.key === key);
  const fresh = !last || (id !== "" && last.id !== "" && id !== last.id) || (key === undefined && name !== "");
  if (fresh) state.calls.push({ key, id, name, args });
  else {
    last.id ||= id;
    last.name ||= name;
    last.args += args;
  }
}

function close(index: number, state: Open): ReadChoice {
  const calls: ReadCall[] = state.calls.map(({ id, name, args }) => ({ name, args, id: id || undefined }));
  return {
    index,
    text: state.text,
    reasoning: state.reasoning || state.altReasoning || state.details,
    refusal: state.refusal,
    calls,
    finish: openaiFinish(state.raw, calls.length > 0),
    opaque: state.opaque,
  };
}

/** By content first (a call present is a call to make), unless the answer was cut or filtered. */
export function openaiFinish(raw: string, calls: boolean): FinishReason | undefined {
  switch (raw) {
    case "length":
    case "model_length":
    case "max_tokens":
      return "length";
    case "content_filter":
      return "content-filter";
    case "error":
      return "error";
    case "":
      return calls ? "tool-calls" : undefined;
    case "stop":
    case "eos":
    case "end_turn":
    case "tool_calls":
    case "function_call":
      return calls ? "tool-calls" : "stop";
    default:
      return calls ? "tool-calls" : undefined;
  }
}

function usageOf(chunk: JsonObject): Json {
  const direct = chunk["usage"];
  if (isObject(direct)) return direct;
  return obj(chunk["x_groq"])["usage"] ?? null;
}

const details = (usage: JsonObject, key: string): JsonObject => obj(usage[key]);

/** The last explicit value of each field wins; null is not explicit. */
export function openaiUsage(list: readonly Json[]): ReadUsage | undefined {
  let usage: JsonObject = {};
  for (const next of list) if (isObject(next)) usage = merge(usage, next);
  const input = num(usage["prompt_tokens"]);
  const completion = num(usage["completion_tokens"]);
  if (input === undefined && completion === undefined) return undefined;
  const prompt = details(usage, "prompt_tokens_details");
  const done = details(usage, "completion_tokens_details");
  const cached = [
    prompt["cached_tokens"],
    usage["prompt_cache_hit_tokens"],
    usage["cached_tokens"],
    usage["num_cached_tokens"],
    usage["cache_read_input_tokens"],
  ];
  const cacheRead = cached.map(num).find((one) => one !== undefined && one > 0) ?? 0;
  const cacheWrite = num(prompt["cache_write_tokens"]) ?? num(usage["cache_creation_input_tokens"]) ?? 0;
  const reasoning = num(done["reasoning_tokens"]) ?? num(usage["reasoning_tokens"]) ?? 0;
  const i = input ?? 0;
  const o = completion ?? 0;
  const total = num(usage["total_tokens"]);
  const outside = reasoning > 0 && total === i + o + reasoning;
  const sum = total === undefined || total === i + o || outside;
  return {
    input: i,
    cacheRead,
    cacheWrite,
    cacheWrite1h: undefined,
    output: outside ? o + reasoning : o,
    reasoning,
    odd: !sum || cacheRead + cacheWrite > i || (!outside && reasoning > o),
  };
}

export function merge(old: JsonObject, next: JsonObject): JsonObject {
  const out: Record<string, Json | undefined> = { ...old };
  for (const [key, value] of Object.entries(next)) {
    if (value === null || value === undefined) continue;
    const before = out[key];
    out[key] = isObject(value) && isObject(before) ? merge(before, value) : value;
  }
  return out;
}

/** Whether an OpenAI-style request asked to be told the usage of its stream. */
export const asksUsage = (request: JsonObject | undefined): boolean => obj(request?.["stream_options"])["include_usage"] === true;

/** A chunk that holds usage and nothing else. */
export function isUsageOnly(data: string): boolean {
  const chunk = parseJson(data);
  return isObject(chunk) && isObject(chunk["usage"]) && isArray(chunk["choices"]) && arr(chunk["choices"]).length === 0;
}
