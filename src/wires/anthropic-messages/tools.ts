import type { ChatRequest, FunctionTool, Tool, ToolChoice } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { boolean, optional, others, refuse, text, wantObject, wantText } from "../shared/read.ts";
import { cacheExtra, decodeCache } from "./cache.ts";
import { origin } from "./name.ts";
import { nullsOf, words } from "./spelling.ts";

const toolMembers = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "cache_control",
  "strict",
  "eager_input_streaming",
  "allowed_callers",
  "defer_loading",
  "input_examples",
]);

/** A tool of the caller: its own function, or one that Anthropic defines, kept whole. */
export function decodeTool(value: Json, at: string): Tool {
  const tool = wantObject(value, at);
  const type = optional(tool["type"], `${at}.type`, text, "a string");
  if (type !== undefined && type !== "custom") return { type: "hosted", origin, kind: type, definition: tool };
  const unknown = others(tool, toolMembers);
  const hidden = cacheExtra(tool);
  return {
    type: "function",
    name: wantText(tool["name"], `${at}.name`),
    description: optional(tool["description"], `${at}.description`, text, "a string"),
    parameters: wantObject(tool["input_schema"], `${at}.input_schema`),
    strict: optional(tool["strict"], `${at}.strict`, boolean, "a boolean"),
    cache: decodeCache(tool, at),
    inputExamples: tool["input_examples"] ?? undefined,
    deferLoading: optional(tool["defer_loading"], `${at}.defer_loading`, boolean, "a boolean"),
    allowedCallers: tool["allowed_callers"] ?? undefined,
    eagerInputStreaming: optional(tool["eager_input_streaming"], `${at}.eager_input_streaming`, boolean, "a boolean"),
    as: words(type ?? "", nullsOf(tool, [...toolMembers])),
    extra: hidden === undefined ? unknown : { ...unknown, cache_control: hidden },
  } satisfies FunctionTool;
}

export function decodeToolChoice(value: Json | undefined): Pick<ChatRequest, "toolChoice" | "parallelToolCalls"> {
  if (value === undefined || value === null) return {};
  const choice = wantObject(value, "tool_choice");
  const serial = optional(choice["disable_parallel_tool_use"], "tool_choice.disable_parallel_tool_use", boolean, "a boolean");
  const parallelToolCalls = serial === undefined ? undefined : !serial;
  return { toolChoice: choiceOf(choice), parallelToolCalls };
}

function choiceOf(choice: JsonObject): ToolChoice {
  const extra = others(choice, choiceMembers);
  switch (choice["type"]) {
    case "auto":
    case "none":
      return { type: choice["type"], extra };
    case "any":
      return { type: "required", extra };
    case "tool":
      return { type: "tool", name: wantText(choice["name"], "tool_choice.name") };
    default:
      return refuse("tool_choice.type", "auto, any, tool or none");
  }
}

const choiceMembers = new Set(["type", "name", "disable_parallel_tool_use"]);

/** Names in OpenAI's list of allowed tools. */
export function allowedNames(tools: readonly JsonObject[]): ReadonlySet<string> {
  const names = tools.map((tool) => {
    const inner = tool["function"] ?? tool["custom"];
    return text(tool["name"]) ?? (isObject(inner) ? text(inner["name"]) : undefined);
  });
  return new Set(names.filter((name) => name !== undefined));
}
