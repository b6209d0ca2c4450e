import type { ChatRequest, FunctionTool, ResponseFormat, Tool, ToolChoice } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { fitsStrict } from "../shared/openai/strict-schema.ts";
import type { Context } from "./losses.ts";
import { name } from "./name.ts";

/** `tools`. The API refuses empty lists: only who speaks this wire may send one, and only as it came. */
export function encodeTools(tools: readonly Tool[] | undefined, context: Context): JsonObject {
  if (tools === undefined) return {};
  const made = tools.flatMap<JsonObject>((tool, index) => encodeTool(tool, `tools[${index}]`, context) ?? []);
  return made.length > 0 || (context.native && tools.length === 0) ? { tools: made } : {};
}

function encodeTool(tool: Tool, at: string, context: Context): JsonObject | undefined {
  switch (tool.type) {
    case "function":
      return encodeFunction(tool, at, context);
    case "custom": {
      const { description, format } = tool;
      const made: JsonObject = {
        type: "custom",
        name: context.toolNames.fit(tool.name),
        ...(description !== undefined && { description }),
        ...(format !== undefined && { format: context.native ? format : flat(format, "grammar") }),
      };
      return restore(made, tool.extra, at, context);
    }
    case "hosted":
      if (tool.origin.wire === name) return tool.definition;
      context.losses.drop("hosted_tool_dropped", at, `the tool ${tool.kind} is run by ${tool.origin.wire} only.`);
      return undefined;
  }
}

/** OpenAI chat keeps the members of a tagged object in an inner one, named by the tag; this API beside the tag. */
function flat(value: Json, tag: string): Json {
  const inner = isObject(value) && value["type"] === tag ? value[tag] : undefined;
  return isObject(inner) ? { type: tag, ...inner } : value;
}

function encodeFunction(tool: FunctionTool, at: string, context: Context): JsonObject {
  const { losses, native } = context;
  const { description, as } = tool;
  const made: Record<string, Json> = { type: "function", name: context.toolNames.fit(tool.name) };
  const say = (field: string, value: Json | undefined): void => {
    if (value !== undefined) made[field] = value;
    else if (native && spelled(as, `${field}=null`)) made[field] = null;
  };
  say("description", description);
  say("parameters", tool.parameters ?? (native ? undefined : { type: "object", properties: {} }));
  say("strict", native ? tool.strict : strictly(tool, at, context));
  const beside: readonly (readonly [string, Json | undefined])[] = [
    ["defer_loading", tool.deferLoading],
    ["allowed_callers", tool.allowedCallers],
    ["eager_input_streaming", tool.eagerInputStreaming],
    ["input_examples", tool.inputExamples],
  ];
  for (const [field, value] of beside) {
    if (value === undefined) continue;
    if (native) made[field] = value;
    else losses.drop("tool_field_dropped", `${at}.${field}`, "this API's tools have no such field, or mean another thing by it.");
  }
  if (tool.cache !== undefined) {
    losses.ignore("cache_control_ignored", at, "this API caches prompts by itself and takes no breakpoints here.");
  }
  return restore(made, tool.extra, at, context);
}

/** This API is strict where nothing is said, and changes the schema for it; other wires are strict only on demand. */
function strictly(tool: FunctionTool, at: string, { losses }: Context): boolean {
  if (!tool.strict || fitsStrict(tool.parameters ?? {})) return tool.strict ?? false;
  losses.approximate(
    "schema_not_strict",
    `${at}.strict`,
    "the schema is outside the strict subset; arguments may depart from it.",
  );
  return false;
}

/** `tool_choice`; `offered` tells whether any tool is left to choose. */
export function encodeToolChoice(request: ChatRequest, offered: boolean, context: Context): JsonObject {
  const { toolChoice: choice } = request;
  if (choice === undefined) return {};
  if (!context.native) {
    const named = choice.type === "tool" ? choice.name : undefined;
    const lost = named !== undefined && !request.tools?.some((tool) => tool.type !== "hosted" && tool.name === named);
    if (!offered || lost) {
      if (choice.type !== "none" && choice.type !== "auto") {
        const what = named === undefined ? "none of the tools" : `the tool ${named}`;
        context.losses.drop("tool_choice_dropped", "tool_choice", `${what} can be offered to this provider.`);
      }
      return {};
    }
    if (choice.type !== "tool" && choice.type !== "allowed") restore({}, choice.extra, "tool_choice", context);
  }
  return { tool_choice: chosen(choice, context) };
}

function chosen(choice: ToolChoice, context: Context): Json {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "tool":
      return { type: choice.kind ?? "function", name: context.toolNames.fit(choice.name) };
    case "allowed":
      return { type: "allowed_tools", mode: choice.mode, tools: choice.tools.map((tool) => allowed(tool, context)) };
  }
}

function allowed(tool: JsonObject, context: Context): JsonObject {
  const { type } = tool;
  const inner = typeof type === "string" ? tool[type] : undefined;
  const named = isObject(inner) ? inner["name"] : undefined;
  return typeof named === "string" && type !== undefined ? { type, name: context.toolNames.fit(named) } : tool;
}

/** `text.format`. This API demands a name for a schema; `response` where the other wire had none. */
export function encodeFormat(format: ResponseFormat, context: Context): Json {
  switch (format.type) {
    case "text":
      return { type: "text" };
    case "json":
      return { type: "json_object" };
    case "json-schema": {
      const { name: title, description, schema, strict } = format;
      const { native } = context;
      const fits = native ? strict : strictAnswer(strict, schema, context);
      const named = title ?? (native ? undefined : "response");
      const made: JsonObject = {
        type: "json_schema",
        ...(named !== undefined && { name: native ? named : named.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) }),
        ...(description !== undefined && { description }),
        schema,
        ...(fits !== undefined && { strict: fits }),
      };
      return restore(made, format.extra, "text.format", context);
    }
  }
}

/** Other wires hold to their schemas always, or where they are told; this API only to those of its strict subset. */
function strictAnswer(strict: boolean | undefined, schema: JsonObject, { losses }: Context): boolean | undefined {
  if (strict === false || fitsStrict(schema)) return strict ?? true;
  losses.approximate(
    "schema_not_strict",
    "text.format",
    "the schema is outside the strict subset; the answer may depart from it.",
  );
  return false;
}
