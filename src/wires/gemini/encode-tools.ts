import type { ChatRequest, CustomTool, FunctionTool, Tool, ToolChoice } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { compileSchema, type Restore } from "../shared/schema/index.ts";
import { ignoreMark } from "./finish-part.ts";
import { isOwn, restore, type Scope } from "./scope.ts";
import { type Draft, defined, put, respell, snakesOf, spelled } from "./spelling.ts";

export interface EncodedTools {
  readonly tools: Json | undefined;
  readonly toolConfig: JsonObject | undefined;
  /** By names as sent: how arguments are put back into the form of the caller's schema. Only tools that need it. */
  readonly restores: ReadonlyMap<string, Restore>;
  /** Names (as sent) of tools that take free text: their input is `{"input": text}`. */
  readonly custom: ReadonlySet<string>;
  /** Whether the model is offered any function of the caller's. */
  readonly functions: boolean;
}

interface Made {
  readonly declaration?: Draft;
  readonly hosted?: JsonObject;
}

/** Tools and tool choice. The caller's own functions are never left out. */
export function encodeTools(request: ChatRequest, scope: Scope): EncodedTools {
  const restores = new Map<string, Restore>();
  const custom = new Set<string>();
  const made = (request.tools ?? []).map((tool, index): Made => encodeTool(tool, `tools[${index}]`, restores, custom, scope));
  const functions = made.some(({ declaration }) => declaration !== undefined);
  const tools = request.tools === undefined ? undefined : together(made, request.spelling?.["tools"], scope);
  return { tools, toolConfig: encodeChoice(request, functions, scope), restores, custom, functions };
}

/** The tools as objects of this API: as they were put together, or all functions in one. */
function together(made: readonly Made[], layout: string | undefined, { native }: Scope): Json | undefined {
  const [alone, counts] = layout?.startsWith("alone ") ? [true, layout.slice(6)] : [false, layout];
  const groups = counts === undefined || counts === "" ? [] : counts.split(",");
  const sizes = groups.map((group) => Number.parseInt(group, 10));
  if (native && sizes.reduce((sum, size) => sum + size, 0) === made.length) {
    let from = 0;
    const objects = sizes.map((size, index) => {
      const group = made.slice(from, from + size);
      from += size;
      return oneObject(group, groups[index] ?? "");
    });
    return alone ? objects[0] : objects;
  }
  const declared = made.filter(({ declaration }) => declaration !== undefined);
  const hosted = made.flatMap<JsonObject>(({ hosted: tool }) => tool ?? []);
  const all = [...(declared.length > 0 ? [oneObject(declared, "")] : []), ...hosted];
  return all.length > 0 ? all : undefined;
}

/** @param layout see `decode-tools.ts` */
function oneObject(group: readonly Made[], layout: string): JsonObject {
  const object: Draft = {};
  const declarations: Draft[] = [];
  for (const { declaration, hosted } of group) {
    if (declaration !== undefined) declarations.push(declaration);
    for (const [field, value] of Object.entries(hosted ?? {})) put(object, field, value);
  }
  const [counts = "", ...nulls] = layout.split("~");
  if (declarations.length > 0 || counts.endsWith("e")) object["functionDeclarations"] = declarations;
  for (const field of nulls) object[field] = null;
  return object;
}

function encodeTool(tool: Tool, at: string, restores: Map<string, Restore>, custom: Set<string>, scope: Scope): Made {
  const { losses } = scope;
  switch (tool.type) {
    case "function":
      return { declaration: encodeFunction(tool, at, restores, scope) };
    case "custom":
      return { declaration: encodeCustom(tool, at, custom, scope) };
    case "hosted":
      if (isOwn(tool.origin, scope)) return { hosted: tool.definition };
      losses.drop("hosted_tool_dropped", at, `only ${tool.origin.wire} has the tool ${tool.kind}.`);
      return {};
  }
}

function encodeFunction(tool: FunctionTool, at: string, restores: Map<string, Restore>, scope: Scope): Draft {
  const { native, losses, toolNames } = scope;
  const name = toolNames.fit(tool.name);
  const made: Draft = { name };
  put(made, "description", tool.description);
  if (native && (tool.as !== undefined || tool.parameters === undefined)) {
    const written = tool.written !== undefined && tool.written.schema === tool.parameters;
    if (written) made["parameters"] = tool.written.raw;
    else put(made, "parametersJsonSchema", tool.parameters);
  } else if (tool.parameters !== undefined) {
    const openapi = scope.target.quirks.schemaDialect === "openapi";
    const compiled = compileSchema(
      tool.parameters,
      openapi ? "gemini-openapi" : "gemini-json-schema",
      "arguments",
      scope.schemas,
    );
    made[openapi ? "parameters" : "parametersJsonSchema"] = compiled.schema;
    if (compiled.coerces) restores.set(name, compiled.restore);
    for (const { at: where, kind, detail } of compiled.losses) {
      const path = `${at}.parameters${where === "" ? "" : `.${where}`}`;
      if (kind === "dropped") losses.drop("tool_schema", path, detail);
      else losses.approximate("tool_schema", path, detail);
    }
  }
  if (native) {
    if (spelled(tool.as, "description=null")) made["description"] ??= null;
    for (const [field, value] of Object.entries(tool.own?.settings ?? {})) put(made, field, value);
  } else unsaid(tool, at, scope);
  restore(made, tool.extra, at, scope);
  return native ? defined(respell(made, snakesOf(tool.as))) : made;
}

/** What other wires' functions have and these have not. */
function unsaid(tool: FunctionTool, at: string, scope: Scope): void {
  const hints: [string, Json | undefined][] = [
    ["input_examples", tool.inputExamples],
    ["defer_loading", tool.deferLoading || undefined],
    ["allowed_callers", tool.allowedCallers],
    ["eager_input_streaming", tool.eagerInputStreaming || undefined],
  ];
  for (const [field, value] of hints) {
    if (value !== undefined)
      scope.losses.drop("tool_field_dropped", `${at}.${field}`, "this API's functions have no such field.");
  }
  ignoreMark(tool, at, scope);
}

function encodeCustom(tool: CustomTool, at: string, custom: Set<string>, { losses, toolNames }: Scope): Draft {
  const name = toolNames.fit(tool.name);
  custom.add(name);
  losses.emulate("custom_tool", at, "this API's tools take objects; the free text travels in one.");
  const grammar = tool.format === undefined ? "" : `\n\nFormat of the input: ${JSON.stringify(tool.format)}`;
  const parametersJsonSchema = { type: "object", properties: { input: { type: "string" } }, required: ["input"] };
  return { name, description: `${tool.description ?? ""}${grammar}`.trim() || "Takes free text.", parametersJsonSchema };
}

/** Names in a list of allowed tools, as OpenAI has it. */
function allowedNames(tools: readonly JsonObject[]): readonly string[] {
  return tools.flatMap((tool) => {
    const inner = tool["function"] ?? tool["custom"];
    const name = tool["name"] ?? (isObject(inner) ? inner["name"] : undefined);
    return typeof name === "string" ? [name] : [];
  });
}

function encodeChoice(request: ChatRequest, functions: boolean, scope: Scope): JsonObject | undefined {
  const { toolChoice: choice, parallelToolCalls, spelling } = request;
  const { native, losses } = scope;
  if (!native && parallelToolCalls === false && functions) {
    losses.drop("parallel_tool_calls_dropped", "parallel_tool_calls", "this API cannot be told to call one tool at a time.");
  }
  const sent = native ? spelling?.["toolMode"] : undefined;
  if (choice === undefined) {
    if (sent === "empty") return {};
    return sent === undefined ? undefined : { functionCallingConfig: sent === "none" ? {} : { mode: asSent(sent) } };
  }
  if (!native && !functions) {
    if (choice.type !== "none" && choice.type !== "auto") {
      losses.drop("tool_choice_dropped", "tool_choice", "none of the tools can be offered to this provider.");
    }
    return undefined;
  }
  const config = calling(choice, scope);
  if (sent === undefined) return { functionCallingConfig: config };
  const mode = asSent(sent.replace(/\+$/, ""));
  return { functionCallingConfig: { ...(sent.endsWith("+") && { allowedFunctionNames: [] }), ...config, mode } };
}

/** A mode as it was sent: its word, or its number. */
const asSent = (mode: string): Json => (/^\d+$/.test(mode) ? Number(mode) : mode);

function calling(choice: ToolChoice, { toolNames }: Scope): JsonObject {
  switch (choice.type) {
    case "auto":
      return { mode: "AUTO" };
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "tool":
      return { mode: "ANY", allowedFunctionNames: [toolNames.fit(choice.name)] };
    case "allowed": {
      const allowedFunctionNames = allowedNames(choice.tools).map((name) => toolNames.fit(name));
      // Of the modes only these two take names; the second leaves it to the model whether to call.
      return { mode: choice.mode === "required" ? "ANY" : "VALIDATED", allowedFunctionNames };
    }
  }
}
