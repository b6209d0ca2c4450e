import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

const types = ["", "string", "number", "integer", "boolean", "array", "object", "null"];
const bounds = new Set(["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"]);

/** Google's Schema as JSON Schema, so far as inventing a value needs it: type names in lower case, counts as numbers. */
export function plainSchema(schema: JsonObject): JsonObject {
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    if (key === "type" && typeof value === "string") out[key] = value.toLowerCase();
    else if (key === "type" && typeof value === "number") out[key] = types[value] ?? "string";
    else if (bounds.has(key) && typeof value === "string") out[key] = Number(value);
    else if (key === "properties" && isObject(value)) out[key] = Object.fromEntries(Object.entries(value).map(plainEntry));
    else if (key === "items" && isObject(value)) out[key] = plainSchema(value);
    else if (key === "anyOf" && isArray(value)) out[key] = value.map((one) => (isObject(one) ? plainSchema(one) : one));
    else out[key] = value;
  }
  return out;
}

const plainEntry = ([name, value]: readonly [string, Json | undefined]): readonly [string, Json] => [
  name,
  isObject(value) ? plainSchema(value) : (value ?? null),
];
