import type { FinishReason } from "../../src/canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { merge } from "./expect-openai.ts";
import { num, obj, objects, parseJson, str } from "./json.ts";
import { addPartialArgs } from "./partial-args.ts";
import { note, type ReadCall, type ReadChoice, type Reading, type ReadUsage } from "./reading.ts";
import { naiveEvents } from "./sse.ts";

/* Reads recorded answers of Gemini (and of Vertex) without the codec. */

interface Open {
  text: string;
  reasoning: string;
  readonly calls: ReadCall[];
  readonly opaque: string[];
  readonly seals: string[];
  readonly order: string[];
  raw: string;
}

const open = (raw: string): Open => ({
  text: "",
  reasoning: "",
  calls: [],
  opaque: [],
  seals: [],
  order: [],
  raw,
});

export const geminiWhole = (body: JsonObject): Reading => ({ ...read([body]), ended: true });

export function geminiStream(text: string): Reading {
  return read(naiveEvents(text).flatMap((event) => parseJson(event.data) ?? []));
}

/** Each event is a whole answer of its own: parts are strung together, of usage the last word counts. */
export function read(events: readonly Json[]): Reading {
  const choices = new Map<number, Open>();
  let id: string | undefined;
  let model: string | undefined;
  let usage: JsonObject | undefined;
  let error = false;
  let blocked = false;
  const served = new Set(events.filter(isObject).flatMap(answeredNames));
  for (const event of events.filter(isObject)) {
    error ||= isObject(event["error"]);
    id ??= str(event["responseId"]) || undefined;
    model ??= str(event["modelVersion"]) || undefined;
    if (isObject(event["usageMetadata"])) usage = merge(usage ?? {}, event["usageMetadata"]);
    blocked ||= str(obj(event["promptFeedback"])["blockReason"]) !== undefined;
    for (const [at, candidate] of objects(event["candidates"]).entries()) {
      const index = num(candidate["index"]) ?? at;
      const state = choices.get(index) ?? open("");
      choices.set(index, state);
      for (const part of objects(obj(candidate["content"])["parts"])) addPart(state, part, served);
      const reason = candidate["finishReason"];
      if (reason !== undefined && reason !== null) state.raw = String(reason);
    }
  }
  if (blocked && choices.size === 0) choices.set(0, open("PROHIBITED_CONTENT"));
  const closed = [...choices].map(([index, state]) => close(index, state)).sort((a, b) => a.index - b.index);
  const ended = choices.size > 0 && [...choices.values()].every(({ raw }) => raw !== "");
  return {
    id,
    model,
    choices: closed,
    usage: geminiUsage(usage),
    error: error || (choices.size === 0 && usage === undefined),
    ended: ended && !error,
  };
}

/** Names of the functions that the provider ran itself: it says what they gave. */
const answeredNames = (event: JsonObject): readonly string[] =>
  objects(event["candidates"])
    .flatMap((candidate) => objects(obj(candidate["content"])["parts"]))
    .flatMap((part) => str(obj(part["functionResponse"])["name"]) ?? []);

function addPart(state: Open, part: JsonObject, served: ReadonlySet<string>): void {
  const call = part["functionCall"];
  const text = str(part["text"]) ?? "";
  if (isObject(call) && !served.has(str(call["name"]) ?? "")) {
    addCall(state.calls, call);
    note(state.order, "call", "call");
  } else if (part["thought"] === true) {
    state.reasoning += text;
    note(state.order, "reasoning", text);
  } else {
    state.text += text;
    note(state.order, "text", text);
  }
  const seal = str(part["thoughtSignature"]);
  if (!seal) return;
  state.opaque.push(seal);
  state.seals.push(`${bearerOf(part, state.calls.length - 1)} ${seal}`);
}

/** A call without a name goes on with the one before. */
function addCall(calls: ReadCall[], call: JsonObject): void {
  const name = str(call["name"]);
  const last = name === undefined ? calls.at(-1) : undefined;
  const before = last ? obj(parseJson(last.args || "{}")) : obj(call["args"]);
  const args = addPartialArgs(before, call["partialArgs"]);
  const read = { name: last?.name ?? name ?? "", args: JSON.stringify(args), id: last?.id ?? (str(call["id"]) || undefined) };
  if (last) calls[calls.length - 1] = read;
  else calls.push(read);
}

/** What a signature stands on: it must come back on just that. */
function bearerOf(part: JsonObject, call: number): string {
  if (isObject(part["functionCall"])) return `call ${call}`;
  if (part["thought"] === true) return "thought";
  return typeof part["text"] === "string" ? "text" : "other";
}

function close(index: number, { text, reasoning, calls, opaque, seals, order, raw }: Open): ReadChoice {
  const finish = geminiFinish(raw, calls.length > 0);
  return { index, text, reasoning, refusal: "", calls, finish, opaque, seals, order };
}

export function geminiFinish(raw: string, calls: boolean): FinishReason | undefined {
  switch (raw) {
    case "STOP":
      return calls ? "tool-calls" : "stop";
    case "MAX_TOKENS":
      return "length";
    case "SAFETY":
    case "RECITATION":
    case "BLOCKLIST":
    case "PROHIBITED_CONTENT":
    case "SPII":
    case "IMAGE_SAFETY":
    case "IMAGE_PROHIBITED_CONTENT":
    case "IMAGE_RECITATION":
    case "MODEL_ARMOR":
      return "content-filter";
    case "MALFORMED_FUNCTION_CALL":
      return "error";
    default:
      return undefined;
  }
}

/** Thoughts are counted beside the answer; what tools brought into the prompt, beside the prompt; what was cached, in it. */
export function geminiUsage(usage: JsonObject | undefined): ReadUsage | undefined {
  if (!usage) return undefined;
  const figures = ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount"];
  if (figures.every((name) => num(usage[name]) === undefined)) return undefined;
  const count = (name: string): number => num(usage[name]) ?? 0;
  const input = count("promptTokenCount") + count("toolUsePromptTokenCount");
  const reasoning = count("thoughtsTokenCount");
  const output = count("candidatesTokenCount") + reasoning;
  const cacheRead = count("cachedContentTokenCount");
  const total = num(usage["totalTokenCount"]);
  return {
    input,
    cacheRead,
    cacheWrite: 0,
    cacheWrite1h: undefined,
    output,
    reasoning,
    odd: (total !== undefined && total !== input + output) || cacheRead > input,
  };
}
