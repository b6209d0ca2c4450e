import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { camel, snake } from "../gemini/normal.ts";

const fields = new Set([
  "type",
  "format",
  "title",
  "description",
  "nullable",
  "default",
  "items",
  "minItems",
  "maxItems",
  "enum",
  "properties",
  "propertyOrdering",
  "required",
  "minProperties",
  "maxProperties",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "example",
  "anyOf",
]);
/** At their numbers, by which the service takes them too. */
const types = ["", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];
const counts = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];
const deepest = 32;

/**
 * What Gemini refuses of a schema of Google's `Schema` type (`parameters`, `responseSchema`), as `.path: sentence`; none =
 * valid. Only the type's own fields, in either spelling; a type at every node that has no `anyOf`; every keyword at a type it
 * belongs to. Property maps must not be empty, save at the root of a function without parameters.
 */
export function schemaFindings(schema: JsonObject): string[] {
  const found: string[] = [];
  node(schema, "", 0, found);
  return found;
}

/** A finding with the place of the schema before it, worded as the service words it. */
export function located(at: string, finding: string): string {
  const unknown = /^(.*?): (Unknown name "[^"]*")(: .*)$/.exec(finding);
  if (!unknown) return `* ${at}${finding}`;
  const [, path = "", name = "", rest = ""] = unknown;
  return `Invalid JSON payload received. ${name} at '${at.replace("GenerateContentRequest.", "")}${path}'${rest}`;
}

function node(source: Json | undefined, at: string, depth: number, found: string[]): void {
  if (!isObject(source)) {
    found.push(`${at}: must be a schema`);
    return;
  }
  if (depth > deepest) {
    found.push(`${at}: schema is nested too deeply, at most ${deepest} levels are allowed`);
    return;
  }
  const schema: Record<string, Json> = {};
  for (const [written, value] of Object.entries(source)) {
    if (value === undefined || value === null) continue;
    const field = camel(written);
    if (fields.has(field)) schema[field] = value;
    else found.push(`${at}: Unknown name "${written}": Cannot find field.`);
  }
  const type = typeOf(schema, at, found);
  checkEnum(schema, type, at, found);
  checkKeywords(schema, type, at, found);
  if (schema["anyOf"] !== undefined) {
    const branches = isArray(schema["anyOf"]) ? schema["anyOf"] : [];
    if (branches.length === 0) found.push(`${at}.any_of: must not be empty`);
    for (const [i, branch] of branches.entries()) node(branch, `${at}.any_of[${i}]`, depth + 1, found);
  }
  if (type === "ARRAY" && schema["items"] === undefined) found.push(`${at}.items: missing field.`);
  if (schema["items"] !== undefined) node(schema["items"], `${at}.items`, depth + 1, found);
  checkProperties(schema, type, at, depth, found);
}

function typeOf(schema: JsonObject, at: string, found: string[]): string | undefined {
  const written = schema["type"];
  if (written === undefined) {
    if (schema["anyOf"] === undefined) found.push(`${at}.type: must be specified when not using one_of, any_of or all_of fields`);
    return undefined;
  }
  if (isArray(written)) {
    found.push(`${at}: Unknown name "type": Proto field is not repeating, cannot start list.`);
    return undefined;
  }
  const type = typeof written === "number" ? types[written] : String(written).toUpperCase();
  if (type !== undefined && type !== "" && types.includes(type)) return type;
  found.push(`${at}.type: Invalid value, ${JSON.stringify(written)}`);
  return undefined;
}

function checkEnum(schema: JsonObject, type: string | undefined, at: string, found: string[]): void {
  const values = schema["enum"];
  if (values === undefined) return;
  if (type !== "STRING") found.push(`${at}.enum: only allowed for STRING type`);
  if (!isArray(values)) found.push(`${at}.enum: must be a list`);
  else {
    if (values.some((value) => typeof value !== "string")) found.push(`${at}.enum: Invalid value (TYPE_STRING)`);
    if (values.includes("")) found.push(`${at}.enum: cannot be empty`);
  }
}

const belongs: { readonly [field: string]: readonly string[] } = {
  items: ["ARRAY"],
  minItems: ["ARRAY"],
  maxItems: ["ARRAY"],
  properties: ["OBJECT"],
  required: ["OBJECT"],
  propertyOrdering: ["OBJECT"],
  minProperties: ["OBJECT"],
  maxProperties: ["OBJECT"],
  minLength: ["STRING"],
  maxLength: ["STRING"],
  pattern: ["STRING"],
  minimum: ["NUMBER", "INTEGER"],
  maximum: ["NUMBER", "INTEGER"],
};

function checkKeywords(schema: JsonObject, type: string | undefined, at: string, found: string[]): void {
  for (const [field, allowed] of Object.entries(belongs)) {
    if (schema[field] === undefined || (type !== undefined && allowed.includes(type))) continue;
    found.push(`${at}.${snake(field)}: only allowed for ${allowed.join(" or ")} type`);
  }
  for (const field of counts) {
    const value = schema[field];
    if (value !== undefined && !/^\d+$/.test(String(value))) found.push(`${at}.${snake(field)}: Invalid value (TYPE_INT64)`);
  }
  for (const field of ["minimum", "maximum"]) {
    const value = schema[field];
    if (value !== undefined && typeof value !== "number") found.push(`${at}.${field}: Invalid value (TYPE_DOUBLE)`);
  }
  for (const field of ["format", "title", "description", "pattern"]) {
    const value = schema[field];
    if (value !== undefined && typeof value !== "string") found.push(`${at}.${field}: Invalid value (TYPE_STRING)`);
  }
  if (schema["nullable"] !== undefined && typeof schema["nullable"] !== "boolean")
    found.push(`${at}.nullable: Invalid value (TYPE_BOOL)`);
}

function checkProperties(schema: JsonObject, type: string | undefined, at: string, depth: number, found: string[]): void {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const names = Object.keys(properties);
  if (schema["properties"] !== undefined && !isObject(schema["properties"])) found.push(`${at}.properties: must be a map`);
  if (type === "OBJECT" && names.length === 0 && depth > 0) found.push(`${at}.properties: should be non-empty for OBJECT type`);
  for (const name of names) node(properties[name], `${at}.properties[${name}]`, depth + 1, found);
  for (const field of ["required", "propertyOrdering"]) {
    const listed = schema[field];
    if (listed === undefined) continue;
    if (!isArray(listed)) found.push(`${at}.${snake(field)}: must be a list`);
    else {
      for (const [i, name] of listed.entries())
        if (!names.includes(String(name))) found.push(`${at}.${snake(field)}[${i}]: property is not defined`);
    }
  }
}
