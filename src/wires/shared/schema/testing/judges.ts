import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as formats from "ajv-formats";
import { isArray, isObject, type Json, type JsonObject } from "../../../../canonical/json.ts";

/*
 * Judges of compiled schemas and of what comes back, made from the specifications and knowing nothing of the compiler.
 */

export const specs = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../../../shared/specs");

/**
 * Google's official `Schema` type, as the discovery document states it, with nothing besides. Undefined where the document is
 * not there.
 */
export function googleSchema(): ((schema: JsonObject) => readonly string[]) | undefined {
  let text: string;
  try {
    text = readFileSync(join(specs, "gemini/generativelanguage.v1beta.discovery.json"), "utf8");
  } catch {
    return undefined;
  }
  const document: Json = JSON.parse(text);
  const stated = isObject(document) && isObject(document["schemas"]) ? document["schemas"]["Schema"] : undefined;
  if (!isObject(stated)) throw new TypeError("the discovery document has no Schema");
  const validate = new Ajv({ strict: false, allErrors: true, logger: false }).compile(closed(stated));
  return (schema) => {
    validate(schema);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

/** A discovery schema as JSON Schema: `any` is anything, references lead to the one type there is, and unknown names are refused. */
function closed(stated: Json): JsonObject {
  const convert = (value: Json | undefined): Json => {
    if (isArray(value)) return value.map(convert);
    if (!isObject(value)) return value ?? null;
    if (value["$ref"] === "Schema") return { $ref: "#" };
    if (value["type"] === "any") return {};
    const { id: _, description: __, enumDescriptions: ___, ...rest } = value;
    const inner = Object.fromEntries(
      Object.entries(rest).map(([key, one]) => [key, key === "properties" && isObject(one) ? mapped(one) : convert(one)]),
    );
    return value["properties"] === undefined ? inner : { ...inner, additionalProperties: false };
  };
  const mapped = (properties: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, convert(one)]));
  const made = convert(stated);
  return isObject(made) ? made : {};
}

const strictKeys = new Set(
  "type properties required additionalProperties items anyOf enum title description pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems".split(
    " ",
  ),
);

/** What OpenAI's guide to structured outputs says of strict schemas ("Supported schemas"). */
export function strictFindings(schema: JsonObject): readonly string[] {
  const found: string[] = [];
  if (schema["type"] !== "object") found.push("the root is no object");
  strictNode(schema, "", 0, found);
  return found;
}

function strictNode(schema: Json | undefined, at: string, level: number, found: string[]): void {
  if (!isObject(schema)) {
    found.push(`${at}: no schema`);
    return;
  }
  for (const key of Object.keys(schema)) if (!strictKeys.has(key)) found.push(`${at}: ${key} is not permitted`);
  const { type, anyOf, properties } = schema;
  if (type === undefined && anyOf === undefined) found.push(`${at}: no type`);
  const object = type === "object" || (isArray(type) && type.includes("object"));
  if (object && level + 1 > 10) found.push(`${at}: more than ten levels`);
  if (object) {
    const names = isObject(properties) ? Object.keys(properties) : [];
    const required = isArray(schema["required"]) ? schema["required"] : [];
    if (!isObject(properties)) found.push(`${at}: an object without properties`);
    if (schema["additionalProperties"] !== false) found.push(`${at}: additionalProperties must be false`);
    if (names.length !== required.length || !names.every((name) => required.includes(name)))
      found.push(`${at}: required is not every name`);
  }
  if (isObject(properties))
    for (const [name, one] of Object.entries(properties)) strictNode(one, `${at}.${name}`, level + 1, found);
  if (schema["items"] !== undefined) strictNode(schema["items"], `${at}[]`, level, found);
  else if (type === "array") found.push(`${at}: an array without items`);
  if (isArray(anyOf)) for (const [index, one] of anyOf.entries()) strictNode(one, `${at}|${index}`, level, found);
}

/** Whether a value is what the caller's own schema allows; undefined where ajv does not understand the schema. */
export function checkOf(schema: JsonObject): ((value: Json) => boolean) | undefined {
  const plain = plainOf(schema);
  const options = { strict: false, logger: false, validateSchema: false } as const;
  const ajv = /2020-12|prefixItems|\$defs/.test(JSON.stringify(schema)) ? new Ajv2020(options) : new Ajv(options);
  formats.default.default(ajv);
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(plain);
  } catch {
    return undefined;
  }
  return (value) => validate(value) === true;
}

/** Google's spelling of a schema, as JSON Schema. */
function plainOf(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    if (key === "$schema" || key === "$id" || value === undefined) return [];
    if (key === "any_of") return [["anyOf", inner(value)]];
    if (key === "type") return [["type", typed(value, schema["nullable"] === true)]];
    if (/^m(?:in|ax)(?:Items|Length|Properties)$/.test(key)) return [[key, Number(value)]];
    if (key === "properties" || key === "$defs" || key === "definitions") return [[key, isObject(value) ? named(value) : value]];
    return [[key, key === "enum" || key === "const" || key === "default" ? value : inner(value)]];
  });
  const { nullable: _, ...plain } = Object.fromEntries(entries);
  return plain;
}

const typed = (type: Json, nullable: boolean): Json => {
  const names = (isArray(type) ? type : [type]).map((name) => (typeof name === "string" ? name.toLowerCase() : name));
  return nullable ? [...names, "null"] : names.length === 1 && !isArray(type) ? (names[0] ?? null) : names;
};

const named = (map: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(map).map(([name, one]) => [name, inner(one ?? true)]));

const inner = (value: Json): Json => (isArray(value) ? value.map(inner) : isObject(value) ? plainOf(value) : value);
