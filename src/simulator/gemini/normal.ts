import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/** Fields whose value is the caller's own: the names within are no names of this wire. */
const own = new Set([
  "args",
  "partMetadata",
  "parametersJsonSchema",
  "responseJsonSchema",
  "_responseJsonSchema",
  "default",
  "example",
  "headers",
  "labels",
]);
const lists = new Set(["contents", "parts", "tools", "functionDeclarations", "safetySettings", "requests", "stopSequences"]);

/**
 * A request as the service reads it: fields by their JSON names though they were written in the protocol's snake_case, nulls
 * left out, a lone object where a list is meant as a list of it.
 */
export function normal(body: JsonObject): JsonObject {
  return fields(body, "");
}

function fields(source: JsonObject, parent: string): JsonObject {
  const out: Record<string, Json> = {};
  for (const [written, value] of Object.entries(source)) {
    if (value === undefined || value === null) continue;
    const name = camel(written);
    if (own.has(name) || (name === "response" && parent === "functionResponse")) out[name] = value;
    else if (name === "properties" && isObject(value)) out[name] = mapOf(value);
    else if (lists.has(name) && isObject(value)) out[name] = [fields(value, name)];
    else out[name] = convert(value, name);
  }
  return out;
}

function convert(value: Json, name: string): Json {
  if (isArray(value)) return value.map((one) => convert(one, name));
  return isObject(value) ? fields(value, name) : value;
}

const mapOf = (map: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value === undefined ? null : convert(value, "schema")]));

/** `function_call` -> `functionCall`; a leading underscore stays. */
export const camel = (name: string): string =>
  name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `functionCall` -> `function_call`, as the service names fields in its errors. */
export const snake = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const objects = (value: Json | undefined): readonly JsonObject[] => (isArray(value) ? value.filter(isObject) : []);
export const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
/** An enum value; the service takes any letter case. */
export const upper = (value: Json | undefined): string => (typeof value === "string" ? value.toUpperCase() : "");
export const whole = (value: Json | undefined): number | undefined => (typeof value === "number" ? value : undefined);
export const partsOf = (content: Json | undefined): readonly JsonObject[] =>
  typeof content === "string" ? [{ text: content }] : objects(object(content)["parts"]);
