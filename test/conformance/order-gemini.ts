import type { WireEvent } from "../../src/canonical/event.ts";
import { isArray, isObject, type JsonObject } from "../../src/canonical/json.ts";
import { num, obj, objects, parseJson, str } from "./json.ts";

const finishes = new Set([
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "LANGUAGE",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "UNEXPECTED_TOOL_CALL",
  "MODEL_ARMOR",
]);

/** What a part may hold beside its one content. */
const beside = new Set(["thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution"]);

/** Holds a served Gemini stream to the order that Google itself keeps. Gives one sentence per fault. */
export function geminiOrderFaults(events: readonly WireEvent[], complete: boolean): string[] {
  const faults: string[] = [];
  const finished = new Map<number, boolean>();
  let head: JsonObject | undefined;
  let error = false;
  let blocked = false;
  let usage = false;
  let last = false;
  for (const [at, { event, data }] of events.entries()) {
    // Some SDKs throw at an error's data, others only at an event's name that they do not know: it may be told twice.
    if (event === "error" && error && data === events[at - 1]?.data && at === events.length - 1) continue;
    if (event !== undefined) faults.push(`an event name: ${event}`);
    if (error) faults.push("an event after the error");
    const body = parseJson(data);
    if (!isObject(body)) {
      faults.push(`data that is no object: ${data.slice(0, 40)}`);
      continue;
    }
    if (body["error"] !== undefined) {
      error = true;
      faults.push(...errorFaults(obj(body["error"])));
      continue;
    }
    head ??= body;
    blocked ||= obj(body["promptFeedback"])["blockReason"] !== undefined;
    for (const key of ["responseId", "modelVersion"]) {
      if (!str(body[key])) faults.push(`no ${key}`);
      else if (body[key] !== head[key]) faults.push(`${key} changes between events`);
    }
    const candidates = objects(body["candidates"]);
    for (const candidate of candidates) candidateFaults(finished, candidate, faults);
    last = isObject(body["usageMetadata"]);
    usage ||= last;
    if (candidates.length === 0 && !last && body["promptFeedback"] === undefined) faults.push("an event that says nothing");
  }
  if (complete) {
    if (error) faults.push("an error in a stream that ended well");
    if (finished.size === 0 && !blocked) faults.push("no candidate");
    for (const [index, over] of finished) if (!over) faults.push(`candidate ${index} never finishes`);
    if (usage && !last) faults.push("usage, but not in the last event");
  } else if (!error) faults.push("no error in a stream that did not end well");
  return faults;
}

function candidateFaults(finished: Map<number, boolean>, candidate: JsonObject, faults: string[]): void {
  const index = num(candidate["index"]) ?? 0;
  if (finished.get(index)) faults.push("a candidate goes on after its finishReason");
  const { content } = candidate;
  const parts = obj(content)["parts"];
  if (isObject(content)) {
    if (content["role"] !== "model") faults.push(`content of role ${String(content["role"])}`);
    if (parts !== undefined && !isArray(parts)) faults.push("parts that are no list");
  }
  const finish = candidate["finishReason"];
  for (const part of objects(parts)) faults.push(...partFaults(part, finish !== undefined));
  finished.set(index, finish !== undefined);
  if (finish !== undefined && !finishes.has(String(finish))) faults.push(`finishReason ${String(finish)}`);
  if (finish === undefined && objects(parts).length === 0) faults.push("a candidate that says nothing");
}

function partFaults(part: JsonObject, last: boolean): string[] {
  const contents = Object.keys(part).filter((key) => !beside.has(key));
  if (contents.length !== 1) return [`a part of ${contents.join(" and ") || "nothing"}`];
  const faults: string[] = [];
  const call = part["functionCall"];
  if (isObject(call)) {
    if (!str(call["name"])) faults.push("a function call without name");
    if (call["args"] !== undefined && !isObject(call["args"])) faults.push("arguments that are no object");
  }
  if (part["text"] === "" && part["thoughtSignature"] === undefined && !last) faults.push("an empty text");
  return faults;
}

function errorFaults(error: JsonObject): string[] {
  const faults: string[] = [];
  if (!str(error["message"])) faults.push("an error without message");
  if (num(error["code"]) === undefined) faults.push("an error without code");
  if (!str(error["status"])) faults.push("an error without status");
  return faults;
}
