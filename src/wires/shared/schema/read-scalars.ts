import { isArray, type Json } from "../../../canonical/json.ts";
import { type Bag, type Kind, type Limit, narrowed } from "./bag.ts";
import { inWords, malformed, type Reader } from "./reading.ts";
import { written } from "./words.ts";
import { join, type Place, type Work } from "./work.ts";

/* Types, lists of values and limits. */

/** With the names that other languages have for them. */
const kindNames: ReadonlyMap<string, Kind> = new Map([
  ["string", "string"],
  ["str", "string"],
  ["number", "number"],
  ["float", "number"],
  ["double", "number"],
  ["integer", "integer"],
  ["int", "integer"],
  ["boolean", "boolean"],
  ["bool", "boolean"],
  ["array", "array"],
  ["list", "array"],
  ["object", "object"],
  ["dict", "object"],
  ["null", "null"],
  ["none", "null"],
]);

const anyKind: ReadonlySet<Json> = new Set(["any", "TYPE_UNSPECIFIED"]);

export function readKinds(bag: Bag, type: Json | undefined, { at }: Place, work: Work): void {
  if (type === undefined || type === null) return;
  const kinds = new Set<Kind>();
  for (const name of isArray(type) ? type : [type]) {
    const kind = typeof name === "string" ? kindNames.get(name.toLowerCase()) : undefined;
    if (kind !== undefined) kinds.add(kind);
    else if (!anyKind.has(name)) work.lose("dropped", join(at, "type"), "no type of JSON Schema");
  }
  if (kinds.size === 0) return;
  bag.kinds = narrowed(bag.kinds, kinds);
  if (bag.kinds.size === 0) bag.never = true;
}

const allow = (bag: Bag, values: readonly Json[]): void => {
  if (bag.values === undefined) bag.values = values;
  else {
    const spelled = new Set(values.map(written));
    bag.values = bag.values.filter((value) => spelled.has(written(value)));
  }
  if (bag.values.length === 0) bag.never = true;
};

const lower: ReadonlySet<string> = new Set(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"]);

/** The tighter of two counts; the first of two patterns or formats, the other in words. */
const limit =
  (name: Limit, type: "number" | "string"): Reader =>
  (reading) => {
    const { bag, place, key, value } = reading;
    // Google spells counts as text.
    const given = type === "number" && typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (given === null) return;
    if (typeof given !== type) return malformed(reading);
    const before = bag.limits.get(name);
    if (typeof given === "number" && typeof before?.value === "number" && name !== "multipleOf") {
      const tighter = lower.has(name) ? given > before.value : given < before.value;
      if (!tighter) return;
    } else if (before !== undefined && before.value !== given) return inWords(reading);
    bag.limits.set(name, { value: given, at: join(place.at, key) });
  };

/** A figure, or the flag of older drafts that turns the plain limit into an exclusive one. */
const exclusive =
  (name: "exclusiveMinimum" | "exclusiveMaximum", plain: "minimum" | "maximum"): Reader =>
  (reading) => {
    const { schema, value } = reading;
    if (value === false) return;
    limit(name, "number")(value === true ? { ...reading, value: schema[plain] ?? null } : reading);
  };

export const scalarReaders: readonly (readonly [string, Reader])[] = [
  ["type", ({ bag, value, place, work }) => readKinds(bag, value, place, work)],
  [
    "nullable",
    ({ bag, value }) => {
      if (value === true) bag.nullable = true;
    },
  ],
  ["enum", (reading) => (isArray(reading.value) ? allow(reading.bag, reading.value) : malformed(reading))],
  ["const", ({ bag, value }) => allow(bag, [value])],
  ["minItems", limit("minItems", "number")],
  ["maxItems", limit("maxItems", "number")],
  ["minLength", limit("minLength", "number")],
  ["maxLength", limit("maxLength", "number")],
  ["minProperties", limit("minProperties", "number")],
  ["maxProperties", limit("maxProperties", "number")],
  ["pattern", limit("pattern", "string")],
  ["format", limit("format", "string")],
  ["minimum", limit("minimum", "number")],
  ["maximum", limit("maximum", "number")],
  ["exclusiveMinimum", exclusive("exclusiveMinimum", "minimum")],
  ["exclusiveMaximum", exclusive("exclusiveMaximum", "maximum")],
  ["multipleOf", limit("multipleOf", "number")],
];
