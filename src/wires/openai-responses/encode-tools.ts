import type { ChatRequest, FunctionTool, ResponseFormat, Tool, ToolChoice } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { type Compiled, compileSchema, type Restore } from "../shared/schema/index.ts";
import { name } from "./name.ts";
import type { Scope } from "./scope.ts";

/** `tools`. The API refuses empty lists: only who speaks this wire may send one, and only as it came. */
export function encodeTools(tools: readonly Tool[] | undefined, scope: Scope): JsonObject {
  if (tools === undefined) return {};
  const made = tools.flatMap<JsonObject>((tool, index) => encodeTool(tool, `tools[${index}]`, scope) ?? []);
  return made.length > 0 || (scope.native && tools.length === 0) ? { tools: made } : {};
}

function encodeTool(tool: Tool, at: string, scope: Scope): JsonObject | undefined {
  switch (tool.type) {
    case "function":
      return encodeFunction(tool, at, scope);
    case "custom": {
      const { description, format } = tool;
      const made: JsonObject = {
        type: "custom",
        name: scope.toolNames.fit(tool.name),
        ...(description !== undefined && { description }),
        ...(format !== undefined && { format: scope.native ? format : flat(format, "grammar") }),
      };
      return restore(made, tool.extra, at, scope);
    }
    case "hosted":
      if (tool.origin.wire === name) return tool.definition;
      scope.losses.drop("hosted_tool_dropped", at, `the tool ${tool.kind} is run by ${tool.origin.wire} only.`);
      return undefined;
  }
}

/** OpenAI chat keeps the members of a tagged object in an inner one, named by the tag; this API beside the tag. */
function flat(value: Json, tag: string): Json {
  const inner = isObject(value) && value["type"] === tag ? value[tag] : undefined;
  return isObject(inner) ? { type: tag, ...inner } : value;
}

function encodeFunction(tool: FunctionTool, at: string, scope: Scope): JsonObject {
  const { losses, native } = scope;
  const { description, as } = tool;
  const made: Record<string, Json> = { type: "function", name: scope.toolNames.fit(tool.name) };
  const say = (field: string, value: Json | undefined): void => {
    if (value !== undefined) made[field] = value;
    else if (native && spelled(as, `${field}=null`)) made[field] = null;
  };
  say("description", description);
  say("parameters", native ? tool.parameters : parameters(tool, made["name"], at, scope));
  // This API is strict where nothing is said, and changes the schema for it; other wires are strict only on demand.
  say("strict", native ? tool.strict : (tool.strict ?? false));
  const beside: readonly (readonly [string, Json | undefined])[] = [
    ["defer_loading", tool.deferLoading],
    ["allowed_callers", tool.allowedCallers],
    ["eager_input_streaming", tool.eagerInputStreaming],
    ["input_examples", tool.inputExamples],
    ...Object.entries(tool.own?.settings ?? {}),
  ];
  for (const [field, value] of beside) {
    if (value === undefined) continue;
    if (native) made[field] = value;
    else losses.drop("tool_field_dropped", `${at}.${field}`, "this API's tools have no such field, or mean another thing by it.");
  }
  if (tool.cache !== undefined) {
    losses.ignore("cache_control_ignored", at, "this API caches prompts by itself and takes no breakpoints here.");
  }
  return restore(made, tool.extra, at, scope);
}

/** The schema of the arguments, where it has to be held to strictly said within the subset that this API can hold to. */
function parameters(tool: FunctionTool, name: Json | undefined, at: string, scope: Scope): JsonObject {
  const given = tool.parameters ?? { type: "object", properties: {} };
  if (tool.strict !== true) return given;
  const compiled = compileSchema(given, "openai-strict", "arguments", scope.schemas);
  reportSchema("tool_schema", compiled, `${at}.parameters`, scope);
  if (compiled.coerces && typeof name === "string") scope.restores.set(name, compiled.restore);
  return compiled.schema;
}

function reportSchema(code: string, { losses: lost }: Compiled, at: string, { losses }: Scope): void {
  for (const { at: where, kind, detail } of lost) {
    const path = where === "" ? at : `${at}.${where}`;
    if (kind === "dropped") losses.drop(code, path, detail);
    else losses.approximate(code, path, detail);
  }
}

/** `tool_choice`; `offered` tells whether any tool is left to choose. */
export function encodeToolChoice(request: ChatRequest, offered: boolean, scope: Scope): JsonObject {
  const { toolChoice: choice } = request;
  if (choice === undefined) return {};
  if (!scope.native) {
    const named = choice.type === "tool" ? choice.name : undefined;
    const lost = named !== undefined && !request.tools?.some((tool) => tool.type !== "hosted" && tool.name === named);
    if (!offered || lost) {
      if (choice.type !== "none" && choice.type !== "auto") {
        const what = named === undefined ? "none of the tools" : `the tool ${named}`;
        scope.losses.drop("tool_choice_dropped", "tool_choice", `${what} can be offered to this provider.`);
      }
      return {};
    }
    if (choice.type !== "tool" && choice.type !== "allowed") restore({}, choice.extra, "tool_choice", scope);
  }
  return { tool_choice: chosen(choice, scope) };
}

function chosen(choice: ToolChoice, scope: Scope): Json {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "tool":
      return { type: choice.kind ?? "function", name: scope.toolNames.fit(choice.name) };
    case "allowed":
      return { type: "allowed_tools", mode: choice.mode, tools: choice.tools.map((tool) => allowed(tool, scope)) };
  }
}

function allowed(tool: JsonObject, scope: Scope): JsonObject {
  const { type } = tool;
  const inner = typeof type === "string" ? tool[type] : undefined;
  const named = isObject(inner) ? inner["name"] : undefined;
  return typeof named === "string" && type !== undefined ? { type, name: scope.toolNames.fit(named) } : tool;
}

/** `text.format`, and what undoes on the answer what was done to its schema. */
export interface SentFormat {
  readonly format: JsonObject;
  readonly restore?: Restore | undefined;
}

/**
 * `text.format`. This API demands a name for a schema: `response` where the other wire had none.
 *
 * @param held the caller's wire holds to its schemas without being told
 */
export function encodeFormat(format: ResponseFormat, held: boolean, scope: Scope): SentFormat {
  switch (format.type) {
    case "text":
      return { format: { type: "text" } };
    case "json":
      return { format: { type: "json_object" } };
    case "json-schema": {
      const { name: title, description, schema, strict, extra } = format;
      const { native } = scope;
      const strictly = native ? strict : (strict ?? held);
      const compiled = !native && strictly ? compileSchema(schema, "openai-strict", "answer") : undefined;
      if (compiled !== undefined) reportSchema("answer_schema", compiled, "response_format.schema", scope);
      const named = native ? title : (title ?? "response").replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64);
      const made: JsonObject = {
        type: "json_schema",
        ...(named !== undefined && { name: named }),
        ...(description !== undefined && { description }),
        schema: compiled?.schema ?? schema,
        ...(strictly !== undefined && { strict: strictly }),
      };
      const whole = restore(made, extra, "response_format", scope);
      return { format: whole, ...(compiled?.coerces && { restore: compiled.restore }) };
    }
  }
}
