import type { ChatRequest, FunctionTool, ResponseFormat, Tool, ToolChoice } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { type Compiled, compileSchema, type Use } from "../shared/schema/index.ts";
import { cacheMembers } from "./encode-parts.ts";
import { name } from "./name.ts";
import type { Scope } from "./scope.ts";

/** Tools, in `tools` or the legacy `functions` as they came. */
export function encodeTools(tools: readonly Tool[] | undefined, scope: Scope): JsonObject {
  if (tools === undefined) return {};
  const functions: JsonObject[] = [];
  const made: JsonObject[] = [];
  for (const [index, tool] of tools.entries()) {
    const at = `tools[${index}]`;
    if (tool.type === "function" && spelled(tool.as, "functions")) {
      functions.push(restore(declaration(tool, scope), tool.extra, at, scope));
    } else {
      const encoded = encodeTool(tool, at, scope);
      if (encoded !== undefined) made.push(encoded);
    }
  }
  // The API refuses empty lists: only who speaks this wire may send one, and only as it came.
  const emptied = made.length === 0 && (functions.length > 0 || tools.length > 0 || !scope.native);
  return { ...(functions.length > 0 && { functions }), ...(!emptied && { tools: made }) };
}

function encodeTool(tool: Tool, at: string, scope: Scope): JsonObject | undefined {
  const { losses, native } = scope;
  switch (tool.type) {
    case "function":
      return encodeFunction(tool, at, scope);
    case "custom": {
      const custom = {
        name: scope.toolNames.fit(tool.name),
        ...(tool.description !== undefined && { description: tool.description }),
        ...(tool.format !== undefined && { format: native ? tool.format : nested(tool.format) }),
      };
      return restore({ type: "custom", custom }, tool.extra, at, scope);
    }
    case "hosted":
      if (tool.origin.wire === name && native) return tool.definition;
      losses.drop("hosted_tool_dropped", at, `the tool ${tool.kind} is run by ${tool.origin.wire} only.`);
      return undefined;
  }
}

/** The Responses API keeps a grammar's members beside its type, this one in an inner object. */
function nested(format: Json): Json {
  if (!isObject(format) || format["type"] !== "grammar" || format["grammar"] !== undefined) return format;
  const { type, ...grammar } = format;
  return { type, grammar };
}

function encodeFunction(tool: FunctionTool, at: string, scope: Scope): JsonObject {
  const { losses, native } = scope;
  const beside: [string, string, Json | undefined][] = [
    ["eagerInputStreaming", "eager_input_streaming", tool.eagerInputStreaming],
    ["deferLoading", "defer_loading", tool.deferLoading],
    ["inputExamples", "input_examples", tool.inputExamples],
    ["allowedCallers", "allowed_callers", tool.allowedCallers],
  ];
  const members: Record<string, Json> = {};
  for (const [, field, value] of beside) {
    if (value === undefined) continue;
    if (native) members[field] = value;
    else losses.drop("tool_field_dropped", `${at}.${field}`, "this API's tools have no such field.");
  }
  for (const field of Object.keys(tool.own?.settings ?? {})) {
    losses.drop("tool_field_dropped", `${at}.${field}`, "this API's tools have no such field.");
  }
  const made: JsonObject = {
    ...(spelled(tool.as, "untyped") ? {} : { type: "function" }),
    ...(spelled(tool.as, "named") && { name: scope.toolNames.fit(tool.name) }),
    function: declaration(held(tool, at, scope), scope),
    ...members,
    ...cacheMembers(tool.cache, undefined, at, scope),
  };
  return restore(made, tool.extra, at, scope);
}

/** Other wires hold to schemas beyond this one's strict subset, too: they are compiled into it, as far as that can be done. */
function held(tool: FunctionTool, at: string, scope: Scope): FunctionTool {
  if (scope.native || !tool.strict) return tool;
  const compiled = strictly(tool.parameters ?? {}, "arguments", `${at}.parameters`, `${at}.strict`, scope);
  if (compiled === undefined) return { ...tool, strict: undefined };
  if (compiled.coerces) scope.restores.tools.set(tool.name, compiled.restore);
  return { ...tool, parameters: compiled.schema };
}

/** The schema in the strict subset. Undefined, and reported at `otherwise`: it cannot be said there. */
function strictly(schema: JsonObject, use: Use, at: string, otherwise: string, { losses, schemas }: Scope): Compiled | undefined {
  const compiled = compileSchema(schema, "openai-strict", use, schemas);
  if (compiled.losses.some(({ kind, at: where }) => kind === "dropped" || where === "")) {
    const what = use === "arguments" ? "arguments" : "the answer";
    losses.approximate("schema_not_strict", otherwise, `the schema is outside the strict subset; ${what} may depart from it.`);
    return undefined;
  }
  const [code, within] = use === "arguments" ? ["tool_schema", at] : ["answer_schema", `${at}.schema`];
  for (const loss of compiled.losses) losses.approximate(code, `${within}.${loss.at}`, loss.detail);
  return compiled;
}

const declaration = (tool: FunctionTool, scope: Scope): JsonObject => {
  const as = scope.native ? tool.as : undefined;
  return {
    name: scope.toolNames.fit(tool.name),
    ...member("description", tool.description, as),
    ...member("parameters", tool.parameters, as),
    ...member("strict", tool.strict, as),
  };
};

/** A field that is there, was sent as null, or is absent. */
function member(field: string, value: Json | undefined, as: string | undefined): JsonObject {
  if (value !== undefined) return { [field]: value };
  return spelled(as, `${field}=null`) ? { [field]: null } : {};
}

/** `tool_choice` or the legacy `function_call`; `offered` tells whether any tool is left to choose. */
export function encodeToolChoice(request: ChatRequest, offered: boolean, scope: Scope): JsonObject {
  const { toolChoice: choice, spelling } = request;
  const legacy = scope.native ? spelling?.["function_call"] : undefined;
  const older = legacy !== undefined && legacy !== "null" ? { function_call: legacyChoice(legacy, scope) } : {};
  if (choice === undefined) return older;
  const sent = spelling?.["tool_choice"];
  if (scope.native && sent === undefined && legacy !== undefined && legacy !== "null") return older;
  if (!offered && !scope.native) {
    if (choice.type !== "none" && choice.type !== "auto") {
      scope.losses.drop("tool_choice_dropped", "tool_choice", "none of the tools can be offered to this provider.");
    }
    return older;
  }
  if (
    choice.type === "tool" &&
    !scope.native &&
    !request.tools?.some((tool) => tool.type !== "hosted" && tool.name === choice.name)
  ) {
    scope.losses.drop("tool_choice_dropped", "tool_choice", `the tool ${choice.name} cannot be offered to this provider.`);
    return older;
  }
  return { tool_choice: sent === "any" && choice.type === "required" ? "any" : newerChoice(choice, scope), ...older };
}

function legacyChoice(sent: string, scope: Scope): Json {
  const value: Json = JSON.parse(sent);
  const called = isObject(value) ? value["name"] : undefined;
  return isObject(value) && typeof called === "string" ? { ...value, name: scope.toolNames.fit(called) } : value;
}

function newerChoice(choice: ToolChoice, scope: Scope): Json {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "tool": {
      const kind = choice.kind ?? "function";
      return { type: kind, [kind]: { name: scope.toolNames.fit(choice.name) } };
    }
    case "allowed": {
      const tools = choice.tools.map((tool) => allowedTool(tool, scope));
      return { type: "allowed_tools", allowed_tools: { mode: choice.mode, tools } };
    }
  }
}

function allowedTool(tool: JsonObject, scope: Scope): JsonObject {
  const inner = tool["function"];
  const called = isObject(inner) ? inner["name"] : undefined;
  if (!isObject(inner) || typeof called !== "string") return tool;
  return { ...tool, function: { ...inner, name: scope.toolNames.fit(called) } };
}

/** `response_format`. This API demands a name for a schema; `response` where the other wire had none. */
export function encodeResponseFormat(format: ResponseFormat, as: string | undefined, scope: Scope): Json {
  switch (format.type) {
    case "text":
      return { type: "text" };
    case "json":
      return { type: "json_object" };
    case "json-schema": {
      const { name: title, description, schema, strict } = format;
      const { native } = scope;
      if (native && as === "json_object") return { type: "json_object", schema };
      // Other wires hold to their schemas always; this API only to those of its strict subset.
      const at = "response_format";
      const compiled = native || strict === false ? undefined : strictly(schema, "answer", at, at, scope);
      if (compiled?.coerces) scope.restores.answer = compiled.restore;
      const said = compiled?.schema ?? (spelled(as, "schema=null") ? undefined : schema);
      const made: JsonObject = {
        ...member("name", title ?? (native ? undefined : "response"), as),
        ...member("description", description, as),
        ...(spelled(as, "no-schema") ? {} : member("schema", said, as)),
        ...member("strict", native || strict === false ? strict : compiled && true, as),
      };
      return { type: "json_schema", json_schema: restore(made, format.extra, "response_format.json_schema", scope) };
    }
  }
}
