import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { isExclusive } from "../shared/schema/index.ts";
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

/** One fitting: the given schema and what was changed. */
interface Fitting {
  readonly root: JsonObject;
  readonly changes: string[];
}

/** The schema as Anthropic takes it: objects closed, unsupported keywords told in words. */
export function fitSchema(schema: JsonObject): FittedSchema {
  const fitting: Fitting = { root: schema, changes: [] };
  return { schema: fitObject(schema, "$", fitting), changes: fitting.changes };
}

function fit(value: Json | undefined, at: string, fitting: Fitting): JsonObject {
  return isObject(value) ? fitObject(value, at, fitting) : {};
}

function fitObject(source: JsonObject, at: string, fitting: Fitting): Draft {
  const target: Draft = {};
  const told: string[] = [];
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || name === "$schema" || name === "additionalProperties") continue;
    if (kept.has(name)) target[name] = value;
    else if (!nested(target, source, name, value, at, fitting)) told.push(`${name}: ${JSON.stringify(value)}`);
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
    fitting.changes.push(`${at}: ${told.map((word) => word.slice(0, word.indexOf(":"))).join(", ")}`);
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
function nested(target: Draft, source: JsonObject, name: string, value: Json, at: string, fitting: Fitting): boolean {
  switch (name) {
    case "properties":
    case "$defs":
    case "definitions":
      if (!isObject(value)) return false;
      target[name] = Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, fit(inner, `${at}.${name}.${key}`, fitting)]),
      );
      return true;
    case "items":
      if (!isObject(value)) return false;
      target[name] = fitObject(value, `${at}.items`, fitting);
      return true;
    case "anyOf":
    case "oneOf":
    case "allOf": {
      const as = name === "oneOf" ? "anyOf" : name;
      if (!isArray(value) || as in target) return false;
      if (name === "oneOf" && !isExclusive(source, fitting.root)) fitting.changes.push(`${at}: oneOf`);
      target[as] = value.map((inner, index) => fit(inner, `${at}.${name}[${index}]`, fitting));
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
