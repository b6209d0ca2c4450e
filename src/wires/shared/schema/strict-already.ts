import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import { speeches } from "./speech.ts";

/** What strict mode takes beside limits, and references with them, to itself included. */
const known: ReadonlySet<string> = new Set([
  ..."type properties required additionalProperties items anyOf enum const title description format $ref $defs definitions".split(
    " ",
  ),
  ...speeches["openai-strict"].limits,
]);

const deepest = 40;

/** Whether OpenAI takes the schema with `strict: true` as its author wrote it. */
export function strictAlready(schema: JsonObject): boolean {
  return schema["type"] === "object" && schema["anyOf"] === undefined && node(schema, 0);
}

function node(schema: Json | undefined, depth: number): boolean {
  if (!isObject(schema) || depth > deepest) return false;
  if (!Object.keys(schema).every((key) => known.has(key))) return false;
  const { type, properties, required, format, pattern, items, anyOf } = schema;
  const { formats } = speeches["openai-strict"];
  if (format !== undefined && (typeof format !== "string" || formats.string?.has(format) !== true)) return false;
  if (pattern !== undefined && (typeof pattern !== "string" || /\(\?[=!<]|\\[1-9]/.test(pattern))) return false;
  if (type === undefined && anyOf === undefined && schema["$ref"] === undefined) return false;
  if (type === "object" || (isArray(type) && type.includes("object")) || properties !== undefined) {
    if (schema["additionalProperties"] !== false || !isObject(properties) || !isArray(required)) return false;
    const names = new Set(required);
    const inner = Object.keys(properties);
    if (inner.length !== names.size || !inner.every((name) => names.has(name))) return false;
    if (!Object.values(properties).every((one) => node(one, depth + 1))) return false;
  }
  if ((type === "array" || items !== undefined) && !node(items, depth + 1)) return false;
  if (anyOf !== undefined && (!isArray(anyOf) || !anyOf.every((one) => node(one, depth + 1)))) return false;
  return ["$defs", "definitions"].every((key) => {
    const map = schema[key];
    return map === undefined || (isObject(map) && Object.values(map).every((one) => node(one, depth + 1)));
  });
}
