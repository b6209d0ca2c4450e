import { isArray, isObject, type Json, type JsonObject } from "../../../../canonical/json.ts";

/** Numbers below `n`, one after the other. */
export type Dice = (n: number) => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/**
 * A value that a JSON Schema (in Google's spelling, too) allows, as far as a small generator can tell: who needs to be sure
 * validates it. Knows nothing of the compiler.
 */
export function instanceOf(schema: Json | undefined, root: JsonObject, dice: Dice, depth = 0): Json {
  if (!isObject(schema)) return any(dice);
  const { $ref: ref, allOf, const: only, enum: values } = schema;
  if (typeof ref === "string") return instanceOf({ ...without(schema, "$ref"), ...target(ref, root) }, root, dice, depth + 1);
  if (isArray(allOf)) {
    const merged: JsonObject = Object.assign({}, without(schema, "allOf"), ...allOf.filter(isObject));
    return instanceOf(merged, root, dice, depth + 1);
  }
  if (only !== undefined) return only;
  if (isArray(values) && values.length > 0) return values[dice(values.length)] ?? null;
  if (schema["nullable"] === true && dice(4) === 0) return null;
  const union = schema["anyOf"] ?? schema["oneOf"] ?? schema["any_of"];
  if (isArray(union) && union.length > 0) {
    const { anyOf: _, oneOf: __, any_of: ___, ...beside } = schema;
    const branch = union[dice(union.length)];
    const both = isObject(branch)
      ? { ...beside, ...branch, ...(isObject(branch["properties"]) && properties(beside, branch)) }
      : beside;
    return instanceOf(both, root, dice, depth + 1);
  }
  return ofType(typeOf(schema, dice), schema, root, dice, depth);
}

const without = (schema: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key));

const properties = (one: JsonObject, other: JsonObject): JsonObject => ({
  properties: {
    ...(isObject(one["properties"]) && one["properties"]),
    ...(isObject(other["properties"]) && other["properties"]),
  },
});

function target(ref: string, root: JsonObject): JsonObject {
  let at: Json | undefined = root;
  for (const part of ref.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    at = isObject(at) ? at[key] : isArray(at) ? at[Number(key)] : undefined;
  }
  return isObject(at) ? at : {};
}

function typeOf(schema: JsonObject, dice: Dice): string | undefined {
  const { type } = schema;
  const named = isArray(type) ? type[dice(type.length)] : type;
  if (typeof named === "string") return named.toLowerCase();
  if (isObject(schema["properties"])) return "object";
  return schema["items"] !== undefined || schema["prefixItems"] !== undefined ? "array" : undefined;
}

const figure = (schema: JsonObject, name: string, otherwise: number): number => {
  const value = schema[name];
  return typeof value === "number" || (typeof value === "string" && value !== "") ? Number(value) : otherwise;
};

function ofType(type: string | undefined, schema: JsonObject, root: JsonObject, dice: Dice, depth: number): Json {
  switch (type) {
    case "string":
    case "str":
      return textOf(schema, dice);
    case "integer":
    case "int":
      return Math.round(numberOf(schema, dice));
    case "number":
    case "float":
      return numberOf(schema, dice);
    case "boolean":
      return dice(2) === 0;
    case "null":
      return null;
    case "array": {
      const { prefixItems, items } = schema;
      const first = isArray(prefixItems) ? prefixItems : isArray(items) ? items : [];
      const head = first.map((item) => instanceOf(item, root, dice, depth + 1));
      if (items === false) return head;
      const least = Math.max(figure(schema, "minItems", 0) - head.length, 0);
      const more = depth > 6 ? 0 : dice(3);
      const count = Math.min(least + more, figure(schema, "maxItems", least + more));
      return [...head, ...Array.from({ length: count }, () => instanceOf(isArray(items) ? true : items, root, dice, depth + 1))];
    }
    case "object":
      return objectOf(schema, root, dice, depth);
    default:
      return any(dice);
  }
}

function objectOf(schema: JsonObject, root: JsonObject, dice: Dice, depth: number): JsonObject {
  const declared = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = isArray(schema["required"]) ? schema["required"] : [];
  const entries: [string, Json][] = [];
  for (const [name, inner] of Object.entries(declared)) {
    if (inner === false || (!required.includes(name) && (depth > 6 || dice(2) === 0))) continue;
    entries.push([name, instanceOf(inner, root, dice, depth + 1)]);
  }
  for (const name of required) if (typeof name === "string" && !Object.hasOwn(declared, name)) entries.push([name, any(dice)]);
  const more = schema["additionalProperties"];
  if (entries.length === 0 && Object.keys(declared).length === 0 && more !== false && depth > 0) {
    for (let at = dice(3); at > 0; at--)
      entries.push([`key ${at}`, more === undefined || more === true ? any(dice) : instanceOf(more, root, dice, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

function numberOf(schema: JsonObject, dice: Dice): number {
  const least = figure(
    schema,
    "minimum",
    figure(schema, "exclusiveMinimum", -5) + (schema["exclusiveMinimum"] === undefined ? 0 : 1),
  );
  const most = figure(schema, "maximum", Math.max(least, 0) + 100);
  return least + dice(Math.max(Math.floor(most - least), 0) + 1);
}

const formats: { readonly [name: string]: string } = {
  date: "2024-02-29",
  "date-time": "2024-02-29T12:00:00Z",
  time: "12:00:00Z",
  email: "a@example.com",
  hostname: "example.com",
  ipv4: "127.0.0.1",
  uri: "https://example.com/a",
  uuid: "7f8e9d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f",
};

const texts = ["", "a", "hello world", "5", "true", "null", "ünï", 'a"b\\c', "x".repeat(40)];

function textOf(schema: JsonObject, dice: Dice): string {
  const format = schema["format"];
  if (typeof format === "string" && formats[format] !== undefined) return formats[format];
  const least = figure(schema, "minLength", 0);
  const text = (texts[dice(texts.length)] ?? "").padEnd(least, "y");
  return text.slice(0, figure(schema, "maxLength", text.length));
}

const anything: readonly Json[] = [null, true, 5, -0.5, "text", "5", [], [1, "two", null], { a: { b: [1] } }];

const any = (dice: Dice): Json => anything[dice(anything.length)] ?? null;
