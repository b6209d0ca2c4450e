import type { FunctionTool, ResponseFormat, Tool, ToolChoice } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { readCache } from "../shared/openai/cache.ts";
import { prefixed } from "../shared/openai/form.ts";
import { boolean, list, object, others, refuse, wantList, wantObject, wantText } from "../shared/read.ts";
import { wholly } from "./decode-parts.ts";
import { origin } from "./name.ts";

/*
 * Tools, tool choice and response format. `as` of a tool: `functions` for the legacy field, `untyped` where no type was sent,
 * `named` where its name stood beside the function too, `field=null` for each named field of its function that was null.
 */

const outerFields = ["type", "function", "eager_input_streaming", "defer_loading", "input_examples", "allowed_callers"];

/** `tools` and, in their legacy form, `functions`. */
export function decodeTools(body: JsonObject): readonly Tool[] | undefined {
  const tools = body["tools"] ?? undefined;
  const functions = body["functions"] ?? undefined;
  if (tools === undefined && functions === undefined) return undefined;
  const read: Tool[] = [];
  if (tools !== undefined) {
    for (const [index, tool] of wantList(tools, "tools").entries()) {
      read.push(decodeTool(wantObject(tool, `tools[${index}]`), `tools[${index}]`));
    }
  }
  if (functions !== undefined) {
    for (const [index, tool] of wantList(functions, "functions").entries()) {
      const at = `functions[${index}]`;
      read.push(decodeFunction(wantObject(tool, at), at, ["functions"], undefined));
    }
  }
  return read;
}

function decodeTool(tool: JsonObject, at: string): Tool {
  const type = tool["type"] ?? (tool["function"] === undefined ? refuse(`${at}.type`, "a string") : undefined);
  if (type === undefined || type === "function") {
    const inner = wantObject(tool["function"], `${at}.function`);
    return decodeFunction(inner, `${at}.function`, tool["type"] === undefined ? ["untyped"] : [], tool);
  }
  if (type === "custom") {
    const inner = wantObject(tool["custom"], `${at}.custom`);
    const innerRest = others(inner, new Set(["name", "description", "format"]));
    const extra: JsonObject = {
      ...others(tool, new Set(["type", "custom"])),
      ...prefixed("custom", innerRest),
    };
    return {
      type: "custom",
      name: wantText(inner["name"], `${at}.custom.name`),
      ...(typeof inner["description"] === "string" && { description: inner["description"] }),
      ...(inner["format"] !== undefined && { format: inner["format"] }),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  }
  return { type: "hosted", origin, kind: wantText(type, `${at}.type`), definition: tool };
}

function decodeFunction(inner: JsonObject, at: string, form: string[], tool: JsonObject | undefined): FunctionTool {
  const nulls = ["description", "parameters", "strict"].filter((field) => inner[field] === null);
  form.push(...nulls.map((field) => `${field}=null`));
  const { description, parameters, strict } = inner;
  if (description !== undefined && description !== null && typeof description !== "string") {
    refuse(`${at}.description`, "a string");
  }
  if (strict !== undefined && strict !== null && typeof strict !== "boolean") refuse(`${at}.strict`, "true or false");
  const innerRest = others(inner, new Set(["name", "description", "parameters", "strict"]));
  const mark = tool && readCache(tool);
  const known = new Set([...outerFields, "cache_control"]);
  if (tool !== undefined && tool["name"] === inner["name"]) {
    known.add("name");
    form.push("named");
  }
  for (const field of ["eager_input_streaming", "defer_loading"]) {
    if (tool !== undefined && boolean(tool[field]) === undefined) known.delete(field);
  }
  const extra: JsonObject = {
    ...(tool === undefined ? innerRest : { ...mark?.extra, ...others(tool, known), ...prefixed("function", innerRest) }),
  };
  const eager = boolean(tool?.["eager_input_streaming"]);
  const defer = boolean(tool?.["defer_loading"]);
  const examples = tool?.["input_examples"];
  const callers = tool?.["allowed_callers"];
  return {
    type: "function",
    name: wantText(inner["name"], `${at}.name`),
    ...(typeof description === "string" && { description }),
    ...(parameters !== undefined && parameters !== null && { parameters: wantObject(parameters, `${at}.parameters`) }),
    ...(typeof strict === "boolean" && { strict }),
    ...(mark?.cache && { cache: mark.cache }),
    ...(form.length > 0 && { as: form.join(" ") }),
    ...(eager !== undefined && { eagerInputStreaming: eager }),
    ...(defer !== undefined && { deferLoading: defer }),
    ...(examples !== undefined && { inputExamples: examples }),
    ...(callers !== undefined && { allowedCallers: callers }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/**
 * `tool_choice`, or the legacy `function_call`. Undefined where it has a shape that the specification does not know: it then
 * stays among the request's unnamed fields.
 *
 * @returns `as`: another word for the same thing (Mistral's `any`)
 */
export function decodeToolChoice(value: Json): { readonly choice: ToolChoice; readonly as?: string } | undefined {
  if (value === "auto" || value === "none" || value === "required") return { choice: { type: value } };
  if (value === "any") return { choice: { type: "required" }, as: "any" };
  const choice = object(value);
  if (choice === undefined) return refuse("tool_choice", "none, auto, required or an object naming a tool");
  const type = choice["type"];
  if (type === "function" || type === "custom") {
    const inner = wantObject(choice[type], `tool_choice.${type}`);
    const name = wantText(inner["name"], `tool_choice.${type}.name`);
    if (!wholly(choice, ["type", type]) || !wholly(inner, ["name"])) return undefined;
    return { choice: { type: "tool", name, ...(type === "custom" && { kind: type }) } };
  }
  if (type === "allowed_tools") {
    const inner = wantObject(choice["allowed_tools"], "tool_choice.allowed_tools");
    const mode = inner["mode"];
    const tools = (list(inner["tools"]) ?? []).map((tool) => object(tool));
    const objects = tools.filter((tool) => tool !== undefined);
    if ((mode !== "auto" && mode !== "required") || objects.length !== tools.length) {
      return refuse("tool_choice.allowed_tools", "an object with `mode` (auto or required) and a list `tools`");
    }
    if (!wholly(choice, ["type", "allowed_tools"]) || !wholly(inner, ["mode", "tools"])) return undefined;
    return { choice: { type: "allowed", mode, tools: objects } };
  }
  return undefined;
}

/** The legacy `function_call`: none, auto, or the function's name in an object. */
export function decodeFunctionCall(value: Json): ToolChoice {
  if (value === "auto" || value === "none") return { type: value };
  return { type: "tool", name: wantText(wantObject(value, "function_call")["name"], "function_call.name") };
}

/** `response_format`. Undefined where it has a shape that the specification does not know. */
export function decodeResponseFormat(value: Json): { readonly format: ResponseFormat; readonly as?: string } | undefined {
  const format = wantObject(value, "response_format");
  const type = wantText(format["type"], "response_format.type");
  if (type === "text" && wholly(format, ["type"])) return { format: { type: "text" } };
  if (type === "json_object") {
    if (wholly(format, ["type"])) return { format: { type: "json" } };
    const schema = object(format["schema"]);
    if (schema === undefined || !wholly(format, ["type", "schema"])) return undefined;
    return { format: { type: "json-schema", schema }, as: "json_object" };
  }
  if (type !== "json_schema" || !wholly(format, ["type", "json_schema"])) return undefined;
  const inner = wantObject(format["json_schema"], "response_format.json_schema");
  const { name, description, strict } = inner;
  const schema = object(inner["schema"]);
  if (inner["schema"] !== undefined && inner["schema"] !== null && schema === undefined)
    refuse("response_format.json_schema.schema", "an object");
  const fields = ["name", "description", "strict", "schema"];
  const as = fields.filter((field) => inner[field] === null).map((field) => `${field}=null`);
  if (inner["schema"] === undefined) as.push("no-schema");
  const extra = others(inner, new Set(fields));
  return {
    format: {
      type: "json-schema",
      ...(typeof name === "string" && { name }),
      ...(typeof description === "string" && { description }),
      schema: schema ?? {},
      ...(typeof strict === "boolean" && { strict }),
      ...(extra && { extra }),
    },
    ...(as.length > 0 && { as: as.join(" ") }),
  };
}
