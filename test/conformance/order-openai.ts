import type { WireEvent } from "../../src/canonical/event.ts";
import { isArray, isObject, type JsonObject } from "../../src/canonical/json.ts";
import { num, obj, objects, parseJson, str } from "./json.ts";

interface OpenChoice {
  role: boolean;
  finish: string | undefined;
  calls: number;
}

const finishes = new Set(["stop", "length", "tool_calls", "content_filter", "function_call"]);

/** Holds a served OpenAI stream to the order that OpenAI itself keeps. Gives one sentence per fault. */
export function openaiOrderFaults(events: readonly WireEvent[], asked: boolean, complete: boolean): string[] {
  const faults: string[] = [];
  const choices = new Map<number, OpenChoice>();
  let head: JsonObject | undefined;
  let usages = 0;
  let done = false;
  let error = false;
  for (const { data, event } of events) {
    if (done) faults.push("an event after [DONE]");
    if (error) faults.push("an event after the error");
    if (event !== undefined && event !== "error") faults.push(`an event name: ${event}`);
    if (data === "[DONE]") {
      done = true;
      continue;
    }
    const chunk = parseJson(data);
    if (!isObject(chunk)) {
      faults.push(`data that is no object: ${data.slice(0, 40)}`);
      continue;
    }
    if (isObject(chunk["error"])) {
      error = true;
      continue;
    }
    head ??= chunk;
    for (const key of ["id", "created", "model"]) if (chunk[key] !== head[key]) faults.push(`${key} changes between chunks`);
    if (chunk["object"] !== "chat.completion.chunk") faults.push(`object is ${String(chunk["object"])}`);
    if (!isArray(chunk["choices"])) faults.push("a chunk without choices");
    const list = objects(chunk["choices"]);
    if (isObject(chunk["usage"])) {
      usages++;
      if (list.length > 0) faults.push("usage on a chunk with choices");
      if ([...choices.values()].some((choice) => choice.finish === undefined))
        faults.push("usage before every choice has finished");
    } else if (list.length === 0) faults.push("a chunk with neither choices nor usage");
    if (usages > 0 && list.length > 0) faults.push("choices after the usage chunk");
    for (const choice of list) choiceFaults(choices, choice, faults);
  }
  if (complete) {
    if (!done) faults.push("no [DONE]");
    if (choices.size === 0) faults.push("no choice");
    for (const [index, choice] of choices) if (choice.finish === undefined) faults.push(`choice ${index} never finishes`);
  } else if (done) faults.push("[DONE] on a stream that did not end well");
  if (error && done) faults.push("[DONE] after an error");
  if (usages > (asked ? 1 : 0)) faults.push(`${usages} usage chunks`);
  return faults;
}

function choiceFaults(choices: Map<number, OpenChoice>, choice: JsonObject, faults: string[]): void {
  const index = num(choice["index"]);
  if (index === undefined) {
    faults.push("a choice without index");
    return;
  }
  const delta = obj(choice["delta"]);
  let open = choices.get(index);
  if (!open) {
    open = { role: false, finish: undefined, calls: 0 };
    choices.set(index, open);
    if (delta["role"] !== "assistant") faults.push("a choice's first delta without the role");
  } else if (delta["role"] !== undefined && open.role) faults.push("the role twice");
  open.role = true;
  if (open.finish !== undefined) faults.push("a delta after finish_reason");
  for (const call of objects(delta["tool_calls"])) {
    const at = num(call["index"]);
    if (at === undefined || at > open.calls) faults.push(`tool call index ${at}, ${open.calls} calls so far`);
    else if (at === open.calls) {
      open.calls++;
      const custom = call["type"] === "custom";
      const fn = obj(call[custom ? "custom" : "function"]);
      if (!str(call["id"])) faults.push("a tool call without id");
      if (call["type"] !== "function" && !custom) faults.push("a tool call without type");
      if (!str(fn["name"])) faults.push("a tool call without name");
      if (typeof fn[custom ? "input" : "arguments"] !== "string") faults.push("a tool call's first delta without arguments");
    } else if (call["id"] !== undefined || obj(call["function"])["name"] !== undefined)
      faults.push("a tool call's id or name again");
  }
  const finish = choice["finish_reason"];
  if (typeof finish !== "string") return;
  open.finish = finish;
  if (!finishes.has(finish)) faults.push(`finish_reason ${finish}`);
  if (finish === "tool_calls" && open.calls === 0) faults.push("finish_reason tool_calls without a tool call");
  if (finish === "stop" && open.calls > 0) faults.push("finish_reason stop with a tool call");
}
