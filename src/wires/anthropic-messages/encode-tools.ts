import type { ChatRequest, FunctionTool, Tool } from "../../canonical/chat.ts";
import { isArray, isObject, type JsonObject } from "../../canonical/json.ts";
import { encodeCache } from "./cache.ts";
import { mergeExtra } from "./encode-blocks.ts";
import { name as wireName } from "./name.ts";
import { fitSchema } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { type Draft, put, spelled, writeNulls } from "./spelling.ts";
import { allowedNames } from "./tools.ts";

export interface EncodedTools {
  readonly tools: readonly Draft[] | undefined;
  readonly choice: Draft | undefined;
  /** The model must call a tool. */
  readonly forced: boolean;
  /** Names (as sent) of tools that take free text, which Anthropic's do not: their input is `{"input": text}`. */
  readonly custom: ReadonlySet<string>;
}

/** Tools and tool choice as Anthropic takes them. The caller's own tools are never left out. */
export function encodeTools(request: ChatRequest, scope: Scope): EncodedTools {
  const custom = new Set<string>();
  const { toolChoice } = request;
  const allowed = toolChoice?.type === "allowed" ? allowedNames(toolChoice.tools) : undefined;
  if (allowed) scope.losses.emulate("allowed_tools", "tool_choice", "only the allowed tools were offered");
  const tools = request.tools?.flatMap<Draft>((tool, index) => {
    if (allowed && tool.type !== "hosted" && !allowed.has(tool.name)) return [];
    return encodeTool(tool, `tools[${index}]`, custom, scope) ?? [];
  });
  const offered = tools !== undefined && (scope.native || tools.length > 0) ? tools : undefined;
  const choice = encodeChoice(request, offered !== undefined, scope);
  return { tools: offered, choice, forced: choice?.["type"] === "any" || choice?.["type"] === "tool", custom };
}

function encodeTool(tool: Tool, at: string, custom: Set<string>, scope: Scope): Draft | undefined {
  switch (tool.type) {
    case "function":
      return functionTool(tool, at, scope);
    case "custom": {
      const name = scope.toolNames.fit(tool.name);
      custom.add(name);
      scope.losses.emulate("custom_tool", at, "Anthropic's tools take objects; the free text travels in one");
      const grammar = tool.format === undefined ? "" : `\n\nFormat of the input: ${JSON.stringify(tool.format)}`;
      const schema = {
        type: "object",
        properties: { input: { type: "string" } },
        required: ["input"],
        additionalProperties: false,
      };
      return { name, description: `${tool.description ?? ""}${grammar}`.trim() || "Takes free text.", input_schema: schema };
    }
    case "hosted":
      if (tool.origin.wire === wireName) {
        const copy: Draft = {};
        for (const [name, value] of Object.entries(tool.definition)) put(copy, name, value);
        return copy;
      }
      scope.losses.drop("hosted_tool_dropped", at, `only ${tool.origin.wire} has the tool ${tool.kind}`);
      return undefined;
  }
}

function functionTool(tool: FunctionTool, at: string, scope: Scope): Draft {
  const { native, losses } = scope;
  const draft: Draft = native && spelled(tool.as, "custom") ? { type: "custom" } : {};
  draft["name"] = scope.toolNames.fit(tool.name);
  put(draft, "description", tool.description);
  draft["input_schema"] = native ? (tool.parameters ?? {}) : inputSchema(tool, at, scope);
  put(draft, "strict", tool.strict);
  put(draft, "input_examples", tool.inputExamples);
  put(draft, "defer_loading", tool.deferLoading);
  put(draft, "allowed_callers", tool.allowedCallers);
  put(draft, "eager_input_streaming", tool.eagerInputStreaming);
  encodeCache(draft, tool.cache);
  for (const field of Object.keys(tool.own?.settings ?? {})) {
    losses.drop("tool_field_dropped", `${at}.${field}`, "Anthropic's tools have no such field");
  }
  if (tool.extra !== undefined) {
    if (native) mergeExtra(draft, tool.extra);
    else losses.dropUnknown(tool.extra, at, "Anthropic's tools have no such field");
  }
  if (native) writeNulls(draft, tool.as);
  return draft;
}

/** Anthropic wants an object at the root, without unions there; strict tools only what it can compile. */
function inputSchema(tool: FunctionTool, at: string, scope: Scope): JsonObject {
  const given = tool.parameters ?? {};
  let schema: JsonObject = given["type"] === "object" ? given : { ...given, type: "object" };
  if (given["type"] !== undefined && given["type"] !== "object") {
    scope.losses.repair("tool_schema", `${at}.parameters`, "Anthropic wants an object at the root of a tool's schema");
  }
  if (isArray(schema["anyOf"]) || isArray(schema["oneOf"]) || isArray(schema["allOf"])) {
    schema = withoutRootUnion(schema);
    scope.losses.approximate(
      "tool_schema",
      `${at}.parameters`,
      "Anthropic takes no union at the root of a tool's schema; merged",
    );
  }
  if (tool.strict !== true) return schema;
  const fitted = fitSchema(schema);
  if (fitted.changes.length > 0) scope.losses.approximate("tool_schema", `${at}.parameters`, fitted.changes.join("; "));
  return fitted.schema;
}

/** The branches' properties in one object: required is what all branches of a union require, or any of an allOf. */
function withoutRootUnion(schema: JsonObject): JsonObject {
  const { anyOf, oneOf, allOf, ...rest } = schema;
  const branches = (value: typeof anyOf): readonly JsonObject[] => (isArray(value) ? value.filter(isObject) : []);
  const either = [...branches(anyOf), ...branches(oneOf)];
  const all = branches(allOf);
  const names = (branch: JsonObject): readonly string[] =>
    isArray(branch["required"]) ? branch["required"].filter((name) => typeof name === "string") : [];
  const members = [...either, ...all, rest].flatMap((branch) => Object.entries(branch["properties"] ?? {}));
  const properties = Object.fromEntries(members);
  const [first, ...others] = either;
  let common = first ? names(first) : [];
  for (const branch of others) {
    const required = new Set(names(branch));
    common = common.filter((name) => required.has(name));
  }
  const required = [...new Set([...names(rest), ...all.flatMap(names), ...common])];
  return required.length > 0 ? { ...rest, properties, required } : { ...rest, properties };
}

function encodeChoice(request: ChatRequest, offered: boolean, scope: Scope): Draft | undefined {
  const { toolChoice, parallelToolCalls } = request;
  if (!offered && !scope.native) {
    if (toolChoice !== undefined && toolChoice.type !== "none" && toolChoice.type !== "auto") {
      scope.losses.drop("tool_choice_dropped", "tool_choice", "no tool is offered");
    }
    return undefined;
  }
  const serial = parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls };
  if (toolChoice === undefined) return parallelToolCalls === false ? { type: "auto", ...serial } : undefined;
  switch (toolChoice.type) {
    case "auto":
    case "required":
    case "none": {
      const choice: Draft = {
        type: toolChoice.type === "required" ? "any" : toolChoice.type,
        ...(toolChoice.type !== "none" && serial),
      };
      if (toolChoice.extra !== undefined && scope.native) mergeExtra(choice, toolChoice.extra);
      return choice;
    }
    case "tool":
      return { type: "tool", name: scope.toolNames.fit(toolChoice.name), ...serial };
    case "allowed":
      return { type: toolChoice.mode === "required" ? "any" : "auto", ...serial };
  }
}
