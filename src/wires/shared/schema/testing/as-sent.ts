import { isArray, isObject, type Json, type JsonObject } from "../../../../canonical/json.ts";

/*
 * What a model would send for a value when it is shown a compiled schema: it knows the compiled schema alone, reads its
 * descriptions, and answers in its words.
 */

class Misfit extends Error {}

/** Throws where no value under the compiled schema could mean this one. */
export function asSent(value: Json, schema: JsonObject): Json {
  const { anyOf, enum: values, description } = schema;
  if (value === null && (schema["nullable"] === true || types(schema).includes("null"))) return null;
  if (isArray(anyOf)) return byBranch(value, anyOf.filter(isObject));
  const words = typeof description === "string" ? description : "";
  for (const type of types(schema)) {
    if (type === "string" && isArray(values)) return label(value, values);
    if (isArray(values) && !values.includes(value)) continue;
    if (type === "string" && typeof value === "string") return value;
    if (type === "string" && typeof value === "object" && value !== null && /JSON/.test(words)) return JSON.stringify(value);
    if (type === "integer" && Number.isInteger(value)) return value;
    if (type === "number" && typeof value === "number") return value;
    if (type === "boolean" && typeof value === "boolean") return value;
    if (type === "array" && isArray(value)) return value.map((item, at) => asSent(item, itemAt(schema, at)));
    if (type === "array" && isObject(value) && /list of its entries/.test(words)) {
      return Object.entries(value).map(([key, inner = null]) => asSent({ key, value: inner }, itemAt(schema, 0)));
    }
    if (type === "object" && isObject(value)) return object(value, schema);
  }
  throw new Misfit(`${JSON.stringify(value)} under ${JSON.stringify(schema)}`);
}

const types = ({ type }: JsonObject): readonly string[] =>
  (isArray(type) ? type : [type]).map((name) => (typeof name === "string" ? name.toLowerCase() : ""));

function byBranch(value: Json, branches: readonly JsonObject[]): Json {
  for (const branch of [...branches].sort((one, other) => Number("enum" in other) - Number("enum" in one))) {
    try {
      return asSent(value, branch);
    } catch (thrown) {
      if (!(thrown instanceof Misfit)) throw thrown;
    }
  }
  throw new Misfit(`${JSON.stringify(value)} under no branch`);
}

function label(value: Json, values: readonly Json[]): Json {
  const plain = typeof value === "string" ? value || "(empty)" : JSON.stringify(value);
  const found = [`(${plain})`, plain].find((one) => values.includes(one));
  if (found === undefined) throw new Misfit(`${plain} is none of ${JSON.stringify(values)}`);
  return found;
}

function itemAt({ items, prefixItems }: JsonObject, at: number): JsonObject {
  const place = isArray(prefixItems) && at < prefixItems.length ? prefixItems[at] : items;
  return isObject(place) ? place : {};
}

function object(value: JsonObject, schema: JsonObject): JsonObject {
  const declared = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = isArray(schema["required"]) ? schema["required"] : [];
  const entries: [string, Json][] = [];
  for (const [name, inner = null] of Object.entries(value)) {
    const as = Object.hasOwn(declared, name) ? name : (renamed(name, declared) ?? name);
    const property = declared[as];
    const more = schema["additionalProperties"];
    if (isObject(property)) entries.push([as, asSent(inner, property)]);
    else if (more === false || (more === undefined && Object.keys(declared).length > 0))
      throw new Misfit(`${name} is no property`);
    else entries.push([as, isObject(more) ? asSent(inner, more) : inner]);
  }
  const given = new Set(entries.map(([name]) => name));
  for (const name of required) {
    if (typeof name !== "string" || given.has(name)) continue;
    const property = declared[name];
    entries.push([name, isObject(property) ? asSent(null, property) : null]);
  }
  return Object.fromEntries(entries);
}

/** Names that were not taken are given with other characters replaced, and a digest. */
const renamed = (name: string, declared: JsonObject): string | undefined => {
  const legal = name.replaceAll(/\W/g, "_").slice(0, 40);
  return Object.keys(declared).find((one) => one.startsWith(legal) || one.startsWith(`_${legal}`));
};
