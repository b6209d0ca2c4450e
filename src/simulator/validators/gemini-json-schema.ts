import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/** What the documentation of `responseJsonSchema` lists as supported. */
const fields = new Set([
  "$id",
  "$defs",
  "$ref",
  "$anchor",
  "type",
  "format",
  "title",
  "description",
  "enum",
  "items",
  "prefixItems",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "anyOf",
  "oneOf",
  "properties",
  "additionalProperties",
  "required",
  "propertyOrdering",
]);
/** Not listed, but met in recorded requests that the service answered with 2xx. */
const tolerated = new Set(["$schema", "default", "pattern", "minLength", "maxLength"]);
const types = new Set(["string", "number", "integer", "boolean", "array", "object", "null"]);

/**
 * What departs from the subset of JSON Schema that Gemini documents for `parametersJsonSchema` and `responseJsonSchema`, as
 * `.path: sentence`; none = valid.
 */
export function jsonSchemaFindings(schema: JsonObject): string[] {
  const found: string[] = [];
  node(schema, "", { root: schema, found }, 0);
  return found;
}

interface Walk {
  readonly root: JsonObject;
  readonly found: string[];
}

function node(schema: Json | undefined, at: string, walk: Walk, depth: number): void {
  if (typeof schema === "boolean" || depth > 64) return;
  if (!isObject(schema)) {
    walk.found.push(`${at}: must be a schema`);
    return;
  }
  for (const field of Object.keys(schema))
    if (!fields.has(field) && !tolerated.has(field)) walk.found.push(`${at}: '${field}' is not supported`);
  checkType(schema["type"], at, walk.found);
  checkReference(schema, at, walk);
  if (
    isArray(schema["enum"]) &&
    schema["enum"].some((value) => typeof value !== "string" && typeof value !== "number" && value !== null)
  )
    walk.found.push(`${at}.enum: only strings and numbers are supported`);
  for (const key of ["anyOf", "oneOf", "prefixItems"]) {
    const branches = schema[key];
    if (isArray(branches)) for (const [i, branch] of branches.entries()) node(branch, `${at}.${key}[${i}]`, walk, depth + 1);
  }
  for (const key of ["items", "additionalProperties"])
    if (schema[key] !== undefined) node(schema[key], `${at}.${key}`, walk, depth + 1);
  for (const key of ["properties", "$defs", "definitions"]) {
    const map = schema[key];
    if (!isObject(map)) continue;
    for (const [name, one] of Object.entries(map)) node(one, `${at}.${key}[${name}]`, walk, depth + 1);
  }
}

function checkType(type: Json | undefined, at: string, found: string[]): void {
  const names = type === undefined ? [] : isArray(type) ? type : [type];
  for (const name of names)
    if (typeof name !== "string" || !types.has(name.toLowerCase()))
      found.push(`${at}.type: unknown type ${JSON.stringify(name)}`);
}

/** Beside a reference only names that begin with `$` may stand, and it must lead somewhere. */
function checkReference(schema: JsonObject, at: string, walk: Walk): void {
  const ref = schema["$ref"];
  if (ref === undefined) return;
  const others = Object.keys(schema).filter((field) => !field.startsWith("$"));
  if (others.length > 0) walk.found.push(`${at}: beside $ref no other field may be set (${others.join(", ")})`);
  if (typeof ref !== "string" || (ref.startsWith("#") && !leads(ref, walk.root))) walk.found.push(`${at}.$ref: leads nowhere`);
}

function leads(pointer: string, root: JsonObject): boolean {
  if (/^#[A-Za-z]/.test(pointer)) return true;
  let at: Json | undefined = root;
  for (const step of pointer.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    at = isObject(at) ? at[key] : isArray(at) ? at[Number(key)] : undefined;
  }
  return at !== undefined;
}
