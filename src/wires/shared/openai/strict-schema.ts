import { isArray, isObject, type Json } from "../../../canonical/json.ts";

/** Whether every object of the schema closes itself and requires all it names. */
export function fitsStrict(schema: Json): boolean {
  if (isArray(schema)) return schema.every(fitsStrict);
  if (!isObject(schema)) return true;
  const properties = schema["properties"];
  if (schema["type"] === "object" || isObject(properties)) {
    if (schema["additionalProperties"] !== false || !isObject(properties)) return false;
    const required = schema["required"];
    const named = new Set(isArray(required) ? required : []);
    if (!isArray(required) || !Object.keys(properties).every((name) => named.has(name))) return false;
    if (!Object.values(properties).every((property) => fitsStrict(property ?? true))) return false;
  }
  return ["items", "anyOf", "$defs", "definitions"].every((key) => {
    const inner = schema[key];
    return inner === undefined || (key.startsWith("$") || key === "definitions" ? fitsAll(inner) : fitsStrict(inner));
  });
}

const fitsAll = (definitions: Json): boolean =>
  isObject(definitions) && Object.values(definitions).every((definition) => fitsStrict(definition ?? true));
