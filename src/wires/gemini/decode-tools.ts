import type { FunctionTool, Tool, ToolChoice, WrittenSchema } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { others, refuse, text, wantList, wantObject, wantText } from "../shared/read.ts";
import { origin, name as wireName } from "./name.ts";
import { toJsonSchema } from "./schemas.ts";
import { camel, camelObject, type Draft, words } from "./spelling.ts";

/*
 * Tools and their choice. A tool of this API is an object that may hold several declarations and several of the provider's own
 * tools; canonically each is a tool of its own. `layout` tells how many tools each object held, so that the same wire can put
 * them together again (`e`: with an empty list of declarations; `~name`: with a null of that name). `FunctionTool.as` names the field its schema stood in.
 */

export interface DecodedTools {
  readonly tools: readonly Tool[];
  readonly layout: string;
}

export function decodeTools(value: Json | undefined, snakes: Set<string>): DecodedTools | undefined {
  if (value === undefined || value === null) return undefined;
  // The one tool of a request may stand there alone, outside a list.
  const alone = isObject(value);
  const tools: Tool[] = [];
  const layout: string[] = [];
  for (const [index, item] of (alone ? [value] : wantList(value, "tools")).entries()) {
    const at = `tools[${index}]`;
    const source = wantObject(item, at);
    const before = tools.length;
    const shorthands = new Set<string>();
    const tool = camel(source, shorthands);
    let empty = "";
    for (const [field, member] of Object.entries(tool)) {
      if (member === null) {
        empty += `~${field}`;
        continue;
      }
      if (field !== "functionDeclarations") {
        const spelling = [...shorthands].find((snake) => source[snake] === member) ?? field;
        tools.push({ type: "hosted", origin, kind: field, definition: { [spelling]: member } });
        continue;
      }
      if (shorthands.has("function_declarations")) snakes.add("function_declarations");
      const declarations = isObject(member) ? [member] : wantList(member, `${at}.functionDeclarations`);
      if (declarations.length === 0) empty = `e${empty}`;
      for (const [number, declaration] of declarations.entries()) {
        const where = `${at}.functionDeclarations[${number}]`;
        tools.push(decodeFunction(wantObject(declaration, where), where));
      }
    }
    layout.push(`${tools.length - before}${empty}`);
  }
  return { tools, layout: alone ? `alone ${layout.join(",")}` : layout.join(",") };
}

/** Fields of a declaration that only this wire has words for. */
const ownFields = ["response", "responseJsonSchema", "behavior"];
const schemaFields = ["parametersJsonSchema", "parameters"] as const;

function decodeFunction(source: JsonObject, at: string): FunctionTool {
  const snakes = new Set<string>();
  const tool = camel(source, snakes);
  const field = schemaFields.find((one) => isObject(tool[one]));
  const raw = field === undefined ? undefined : tool[field];
  const description = text(tool["description"]);
  const taken = ["name", ...(field === undefined ? [] : [field]), ...ownFields];
  if (description !== undefined || tool["description"] === null) taken.push("description");
  const extra = others(tool, new Set(taken));
  const own = Object.entries(tool).filter(([name]) => ownFields.includes(name));
  const as = words([field, tool["description"] === null ? "description=null" : undefined], snakes);
  return {
    type: "function",
    name: wantText(tool["name"], `${at}.name`),
    ...(description !== undefined && { description }),
    ...(isObject(raw) && (field === "parameters" ? asWritten(raw) : { parameters: raw })),
    ...(as !== undefined && { as }),
    ...(own.length > 0 && { own: { wire: wireName, settings: Object.fromEntries(own) } }),
    ...(extra && { extra }),
  };
}

/** A schema of Google's own as JSON Schema, and as it was written. */
export function asWritten(raw: JsonObject): { readonly parameters: JsonObject; readonly written: WrittenSchema } {
  const parameters = toJsonSchema(raw);
  return { parameters, written: { wire: wireName, schema: parameters, raw } };
}

export interface DecodedChoice {
  readonly choice: ToolChoice | undefined;
  /** Fields that no other wire has words for, by their paths. */
  readonly settings: Draft;
  /** The mode's own word, where it cannot be told from the choice. */
  readonly mode: string | undefined;
}

/** `toolConfig`: which function may or must be called. */
export function decodeToolConfig(value: Json | undefined, snakes: Set<string>): DecodedChoice {
  const settings: Draft = {};
  if (value === undefined || value === null) return { choice: undefined, settings, mode: undefined };
  const config = camel(wantObject(value, "toolConfig"), snakes);
  for (const [field, member] of Object.entries(config)) {
    if (field !== "functionCallingConfig" && member !== undefined) settings[`toolConfig.${field}`] = member;
  }
  const calling = camelObject(config["functionCallingConfig"], snakes);
  if (calling === undefined) return { choice: undefined, settings, mode: Object.keys(config).length === 0 ? "empty" : undefined };
  const mode = modeOf(calling["mode"]);
  const names = namesOf(calling["allowedFunctionNames"]);
  for (const [field, member] of Object.entries(calling)) {
    if (field === "mode" && mode !== undefined) continue;
    if (field === "allowedFunctionNames" && names !== undefined) continue;
    if (member !== undefined) settings[`toolConfig.functionCallingConfig.${field}`] = member;
  }
  const word = `${mode ?? "none"}${names === undefined ? "" : "+"}`;
  return { choice: choiceOf(modes[Number(mode)] ?? mode?.toUpperCase(), names), settings, mode: word };
}

/** The modes by their numbers, which some clients send. */
const modes = ["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"];

const modeOf = (value: Json | undefined): string | undefined => (typeof value === "number" ? String(value) : text(value));

function namesOf(value: Json | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const names = isArray(value) ? value.filter((one) => typeof one === "string") : undefined;
  return names !== undefined && isArray(value) && names.length === value.length
    ? names
    : refuse("toolConfig.functionCallingConfig.allowedFunctionNames", "a list of names");
}

function choiceOf(mode: string | undefined, names: readonly string[] | undefined): ToolChoice | undefined {
  const [only, ...more] = names ?? [];
  const listed = (names ?? []).map((name) => ({ type: "function", function: { name } }));
  switch (mode) {
    case "NONE":
      return { type: "none" };
    case "ANY":
      if (only === undefined) return { type: "required" };
      return more.length === 0 ? { type: "tool", name: only } : { type: "allowed", mode: "required", tools: listed };
    case "AUTO":
    case "VALIDATED":
      return only === undefined ? { type: "auto" } : { type: "allowed", mode: "auto", tools: listed };
    default:
      return undefined;
  }
}
