import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Draft, put } from "./spelling.ts";

/*
 * Anthropic compiles schemas of answers and strict tools into a grammar and refuses keywords it cannot compile (structured
 * outputs, "JSON Schema limitations"). Those move into the description, where the model still reads them.
 */

const kept = new Set(["type", "enum", "const", "title", "description", "default", "required", "$ref"]);
const formats = new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]);

export interface FittedSchema {
  readonly schema: JsonObject;
  /** Where keywords were moved or changed, for the report: `$.properties.age: minimum`. */
  readonly changes: readonly string[];
}

/** The schema as Anthropic takes it: objects closed, unsupported keywords told in words. */
export function fitSchema(schema: JsonObject): FittedSchema {
  const changes: string[] = [];
  return { schema: fitObject(schema, "$", changes), changes };
}

function fit(value: Json | undefined, at: string, changes: string[]): JsonObject {
  return isObject(value) ? fitObject(value, at, changes) : {};
}

function fitObject(source: JsonObject, at: string, changes: string[]): Draft {
  const target: Draft = {};
  const told: string[] = [];
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || name === "$schema" || name === "additionalProperties") continue;
    if (kept.has(name)) target[name] = value;
    else if (!nested(target, name, value, at, changes)) told.push(`${name}: ${JSON.stringify(value)}`);
  }
  if (describesObject(source)) {
    target["additionalProperties"] = false;
    const asked = source["additionalProperties"];
    if (asked !== undefined && asked !== false) told.push(`additionalProperties: ${JSON.stringify(asked)}`);
  }
  if (told.length > 0) {
    const words = `{${told.join(", ")}}`;
    const before = target["description"];
    put(target, "description", typeof before === "string" && before !== "" ? `${before}\n\n${words}` : words);
    changes.push(`${at}: ${told.map((word) => word.slice(0, word.indexOf(":"))).join(", ")}`);
  }
  return target;
}

function describesObject(schema: JsonObject): boolean {
  const { type } = schema;
  return (
    type === "object" || (isArray(type) && type.includes("object")) || (type === undefined && isObject(schema["properties"]))
  );
}

/** Keywords that hold schemas, or are known only with some values. False: cannot be said. */
function nested(target: Draft, name: string, value: Json, at: string, changes: string[]): boolean {
  switch (name) {
    case "properties":
    case "$defs":
    case "definitions":
      if (!isObject(value)) return false;
      target[name] = Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, fit(inner, `${at}.${name}.${key}`, changes)]),
      );
      return true;
    case "items":
      if (!isObject(value)) return false;
      target[name] = fitObject(value, `${at}.items`, changes);
      return true;
    case "anyOf":
    case "oneOf":
    case "allOf": {
      const as = name === "oneOf" ? "anyOf" : name;
      if (!isArray(value) || as in target) return false;
      target[as] = value.map((inner, index) => fit(inner, `${at}.${name}[${index}]`, changes));
      return true;
    }
    case "format":
      if (typeof value !== "string" || !formats.has(value)) return false;
      target[name] = value;
      return true;
    case "minItems":
      if (value !== 0 && value !== 1) return false;
      target[name] = value;
      return true;
    default:
      return false;
  }
}
