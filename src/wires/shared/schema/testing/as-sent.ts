import { isArray, isObject, type Json, type JsonObject } from "../../../../canonical/json.ts";

/*
 * What a model would send for a value when it is shown a compiled schema: it knows the compiled schema alone, reads its
 * descriptions, and answers in its words.
 */

class Misfit extends Error {}

/**
 * Throws where no value under the compiled schema could mean this one.
 * @param filled every property must be there, absent ones as null
 */
export function asSent(value: Json, schema: JsonObject, filled: boolean): Json {
  const { anyOf, enum: values, description } = schema;
  if (value === null && (schema["nullable"] === true || types(schema).includes("null"))) return null;
  if (isArray(anyOf)) return byBranch(value, anyOf.filter(isObject), filled);
  const words = typeof description === "string" ? description : "";
  for (const type of types(schema)) {
    if (type === "string" && isArray(values)) return label(value, values);
    if (isArray(values) && !values.includes(value)) continue;
    if (type === "string" && typeof value === "string") return value;
    if (type === "string" && typeof value === "object" && value !== null && /JSON/.test(words)) return JSON.stringify(value);
    if (type === "integer" && Number.isInteger(value)) return value;
    if (type === "number" && typeof value === "number") return value;
    if (type === "boolean" && typeof value === "boolean") return value;
    if (type === "array" && isArray(value)) return value.map((item, at) => asSent(item, itemAt(schema, at), filled));
    if (type === "array" && isObject(value) && /list of its entries/.test(words)) {
      return Object.entries(value).map(([key, inner = null]) => asSent({ key, value: inner }, itemAt(schema, 0), filled));
    }
    if (type === "object" && isObject(value)) return object(value, schema, filled);
  }
  throw new Misfit(`${JSON.stringify(value)} under ${JSON.stringify(schema)}`);
}

const types = ({ type }: JsonObject): readonly string[] =>
  (isArray(type) ? type : [type]).map((name) => (typeof name === "string" ? name.toLowerCase() : ""));

function byBranch(value: Json, branches: readonly JsonObject[], filled: boolean): Json {
  for (const branch of [...branches].sort((one, other) => Number("enum" in other) - Number("enum" in one))) {
    try {
      return asSent(value, branch, filled);
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

function object(value: JsonObject, schema: JsonObject, filled: boolean): JsonObject {
  const declared = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = isArray(schema["required"]) ? schema["required"] : [];
  const entries: [string, Json][] = [];
  for (const [name, inner = null] of Object.entries(value)) {
    const as = Object.hasOwn(declared, name) ? name : (renamed(name, declared) ?? name);
    const property = declared[as];
    const more = schema["additionalProperties"];
    if (isObject(property)) entries.push([as, asSent(inner, property, filled)]);
    else if (more === false || (more === undefined && Object.keys(declared).length > 0))
      throw new Misfit(`${name} is no property`);
    else entries.push([as, isObject(more) ? asSent(inner, more, filled) : inner]);
  }
  const given = new Set(entries.map(([name]) => name));
  for (const name of required) {
    if (typeof name !== "string" || given.has(name)) continue;
    if (!filled) throw new Misfit(`${name} is missing`);
    const property = declared[name];
    entries.push([name, isObject(property) ? asSent(null, property, filled) : null]);
  }
  return Object.fromEntries(entries);
}

/** Names that were not taken are given with other characters replaced, and a digest. */
function renamed(name: string, declared: JsonObject): string | undefined {
  const begun = /^[A-Za-z_]/.test(name) ? name : `_${name}`;
  const legal = begun.replaceAll(/\W/g, "_");
  if (legal === begun && Object.hasOwn(declared, legal)) return legal;
  return Object.keys(declared).find((one) => one.startsWith(legal.slice(0, 40)) && /_[0-9a-z]{12}_*$/.test(one));
}
