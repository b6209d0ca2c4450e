import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/*
 * Invents a value that a JSON Schema accepts: the same schema always gives the same value. Knows the keywords tool schemas
 * use; a `pattern` is met only where it is one of the common ones.
 */

interface Place {
  readonly root: JsonObject;
  /** Name of the property, used in invented strings. */
  readonly name: string;
  readonly depth: number;
  /** Stands behind invented strings. */
  readonly suffix: string;
}

const deepest = 4;

/** `nth`: from 1 on the strings are others than those of 0. */
export const invent = (schema: Json | undefined, nth = 0): Json => {
  const root = isObject(schema) ? schema : {};
  return make(root, { root, name: "value", depth: 0, suffix: nth === 0 ? "" : ` ${nth + 1}` });
};

function make(schema: Json | undefined, place: Place): Json {
  if (!isObject(schema)) return `sample ${place.name}`;
  if (place.depth > 24) return null;
  if (typeof schema["$ref"] === "string") {
    const { $ref, ...rest } = schema;
    return make({ ...resolve(schema["$ref"], place.root), ...rest }, { ...place, depth: place.depth + 1 });
  }
  if (schema["const"] !== undefined) return schema["const"];
  const allowed = schema["enum"];
  if (isArray(allowed) && allowed.length > 0) return allowed.find((value) => value !== null) ?? null;
  const all = schema["allOf"];
  if (isArray(all)) {
    const { allOf, ...rest } = schema;
    return make(merge([rest, ...all], place), place);
  }
  const some = schema["anyOf"] ?? schema["oneOf"];
  if (isArray(some) && some.length > 0) {
    const { anyOf, oneOf, ...rest } = schema;
    const branches = some.filter((branch) => !(isObject(branch) && branch["type"] === "null"));
    if (place.depth >= deepest && branches.length < some.length) return null;
    const branch = place.depth >= deepest ? branches.at(-1) : branches[0];
    return branch === undefined ? null : make(merge([rest, branch], place), { ...place, depth: place.depth + 1 });
  }
  return ofType(schema, place);
}

function merge(schemas: readonly (Json | undefined)[], place: Place): JsonObject {
  let merged: JsonObject = {};
  for (const one of schemas) {
    if (!isObject(one)) continue;
    const schema = typeof one["$ref"] === "string" ? resolve(one["$ref"], place.root) : one;
    const properties = isObject(schema["properties"])
      ? { ...(isObject(merged["properties"]) ? merged["properties"] : {}), ...schema["properties"] }
      : merged["properties"];
    const required = [
      ...(isArray(merged["required"]) ? merged["required"] : []),
      ...(isArray(schema["required"]) ? schema["required"] : []),
    ];
    merged = { ...merged, ...schema, ...(properties && { properties }), ...(required.length > 0 && { required }) };
  }
  return merged;
}

function resolve(pointer: string, root: JsonObject): JsonObject {
  let at: Json | undefined = root;
  for (const step of pointer.replace(/^#\/?/, "").split("/")) {
    if (step === "") continue;
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (isObject(at)) at = at[key];
    else if (isArray(at)) at = at[Number(key)];
    else return {};
  }
  return isObject(at) ? at : {};
}

function ofType(schema: JsonObject, place: Place): Json {
  const type = isArray(schema["type"]) ? schema["type"].find((name) => name !== "null") : schema["type"];
  switch (type) {
    case "object":
      return ofObject(schema, place);
    case "array":
      return ofArray(schema, place);
    case "integer":
    case "number":
      return ofNumber(schema, type === "integer");
    case "boolean":
      return true;
    case "null":
      return null;
    case undefined:
      if (isObject(schema["properties"])) return ofObject(schema, place);
      if (schema["items"] !== undefined) return ofArray(schema, place);
      return ofString(schema, place);
    default:
      return ofString(schema, place);
  }
}

function ofObject(schema: JsonObject, place: Place): JsonObject {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = isArray(schema["required"]) ? schema["required"] : [];
  const made: Record<string, Json> = {};
  for (const [name, property] of Object.entries(properties)) {
    if (place.depth >= deepest && !required.includes(name)) continue;
    made[name] = make(property, { ...place, name, depth: place.depth + 1 });
  }
  for (const name of required) if (typeof name === "string" && !(name in made)) made[name] = `sample ${name}`;
  return made;
}

function ofArray(schema: JsonObject, place: Place): readonly Json[] {
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : Number.POSITIVE_INFINITY;
  const prefix = isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  const count = Math.min(Math.max(least, prefix.length, place.depth >= deepest ? 0 : 1), most, 64);
  return Array.from({ length: count }, (_, i) => {
    const name = i === 0 || schema["uniqueItems"] !== true ? place.name : `${place.name} ${i + 1}`;
    return make(prefix[i] ?? schema["items"], { ...place, name, depth: place.depth + 1 });
  });
}

function ofNumber(schema: JsonObject, whole: boolean): number {
  const bound = (key: string): number | undefined => (typeof schema[key] === "number" ? schema[key] : undefined);
  const above = bound("exclusiveMinimum");
  const below = bound("exclusiveMaximum");
  const least = bound("minimum") ?? (above === undefined ? undefined : whole ? Math.floor(above) + 1 : above + 0.5);
  const most = bound("maximum") ?? (below === undefined ? undefined : whole ? Math.ceil(below) - 1 : below - 0.5);
  const step = bound("multipleOf");
  let value = whole ? 7 : 7.5;
  if (most !== undefined && value > most) value = most;
  if (least !== undefined && value < least) value = least;
  if (most !== undefined && least !== undefined && value > most) value = (least + most) / 2;
  return step ? Math.ceil(value / step) * step : value;
}

const formats: { readonly [format: string]: string } = {
  date: "2026-01-31",
  "date-time": "2026-01-31T12:00:00Z",
  time: "12:00:00Z",
  duration: "P1D",
  email: "sample@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/sample",
  uuid: "00000000-0000-4000-8000-000000000000",
};

const patterned = ["sample", "SAMPLE", "Sample", "12345", "2026-01-31", "12:00", "a1", "A1", "AAA", "+15550100", "#aabbcc"];

function ofString(schema: JsonObject, { name, suffix }: Place): string {
  const format = typeof schema["format"] === "string" ? formats[schema["format"]] : undefined;
  if (format !== undefined) return format;
  let value = `sample ${name}${suffix}`;
  if (typeof schema["pattern"] === "string") value = fitting(schema["pattern"]) ?? value;
  if (typeof schema["minLength"] === "number") value = value.padEnd(Math.min(schema["minLength"], 10_000), "x");
  return typeof schema["maxLength"] === "number" ? value.slice(0, schema["maxLength"]) : value;
}

function fitting(pattern: string): string | undefined {
  try {
    const expression = new RegExp(pattern, "u");
    return patterned.find((candidate) => expression.test(candidate));
  } catch {
    return undefined;
  }
}
