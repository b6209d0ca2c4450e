import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { put } from "./spelling.ts";

/*
 * Google's `Schema` (OpenAPI's, with types in capitals) as JSON Schema. The way back is the schema compiler's.
 */

const deepest = 64;

/** Google's schema in the words of JSON Schema; what is the same in both is left as it is. */
export function toJsonSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth > deepest) return {};
  const made: Record<string, Json> = {};
  let nullable = false;
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    switch (key) {
      case "type":
        put(made, "type", typeOf(value));
        break;
      case "nullable":
        nullable = value === true;
        break;
      case "properties":
        made["properties"] = isObject(value)
          ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one ?? null, depth)]))
          : value;
        break;
      case "items":
      case "additionalProperties":
        made[key] = inner(value, depth);
        break;
      case "anyOf":
      case "any_of":
        made["anyOf"] = isArray(value) ? value.map((one) => inner(one, depth)) : value;
        break;
      case "example":
        made["examples"] = [value];
        break;
      case "minItems":
      case "maxItems":
      case "minLength":
      case "maxLength":
      case "minProperties":
      case "maxProperties":
        // Whole numbers of 64 bits are texts in Google's JSON.
        made[key] = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
        break;
      case "format":
        if (value !== "enum") made["format"] = value;
        break;
      case "propertyOrdering":
      case "property_ordering":
        break;
      default:
        made[key] = value;
    }
  }
  return nullable ? withNull(made) : made;
}

/** The types by their numbers, which some clients send. */
const types = [undefined, "string", "number", "integer", "boolean", "array", "object", "null"];

function typeOf(value: Json): Json | undefined {
  if (typeof value === "number") return types[value];
  if (typeof value !== "string") return value;
  return value === "TYPE_UNSPECIFIED" ? undefined : value.toLowerCase();
}

const inner = (value: Json, depth: number): Json => (isObject(value) ? toJsonSchema(value, depth + 1) : value);

function withNull(schema: JsonObject): JsonObject {
  const { type, enum: allowed } = schema;
  const values = isArray(allowed) && !allowed.includes(null) ? { enum: [...allowed, null] } : {};
  if (typeof type === "string") return { ...schema, type: [type, "null"], ...values };
  const { anyOf } = schema;
  return isArray(anyOf) ? { ...schema, anyOf: [...anyOf, { type: "null" }] } : schema;
}
