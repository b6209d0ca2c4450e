import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import { kindOf } from "./bag.ts";
import type { Restore } from "./schema.ts";
import { written } from "./words.ts";

/** A node as the dialect says it. */
export interface Made {
  readonly schema: JsonObject;
  /** None: values come as the given schema wants them. */
  readonly restore?: Restore | undefined;
}

/**
 * Whether a value is what a compiled schema describes: as far as is needed to tell the branches of a union apart. Where nothing is
 * said of further properties, `loose` allows them.
 */
export function fits(schema: JsonObject, value: Json, loose: boolean): boolean {
  if (value === null && schema["nullable"] === true) return true;
  const { type, enum: values, anyOf: branches, required, items, prefixItems } = schema;
  if (isArray(branches)) return branches.some((branch) => fitsPlace(branch, value, loose));
  if (type !== undefined && !(isArray(type) ? type : [type]).some((name) => named(name, value))) return false;
  if (isArray(values) && value !== null && !values.includes(value)) return false;
  if (isArray(value)) {
    const first = isArray(prefixItems) ? prefixItems : [];
    return value.every((item, index) => fitsPlace(first[index] ?? items, item, loose));
  }
  if (!isObject(value)) return true;
  if (isArray(required) && !required.every((name) => typeof name === "string" && Object.hasOwn(value, name))) return false;
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const more = schema["additionalProperties"] ?? loose;
  return Object.entries(value).every(([name, inner = null]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return property === undefined ? more !== false && fitsPlace(more, inner, loose) : fitsPlace(property, inner, loose);
  });
}

const fitsPlace = (place: Json | undefined, value: Json, loose: boolean): boolean =>
  place !== false && (!isObject(place) || fits(place, value, loose));

function named(name: Json, value: Json): boolean {
  const kind = kindOf(value);
  const type = typeof name === "string" ? name.toLowerCase() : "";
  return type === kind || (type === "number" && kind === "integer");
}

/** Restores by the first branch that the value fits; lists of values come first, for they say most. */
export function byBranch(branches: readonly Made[]): Restore | undefined {
  if (branches.every(({ restore }) => restore === undefined)) return undefined;
  const ordered = [...branches].sort((one, other) => exactness(other.schema) - exactness(one.schema));
  return (value) => {
    const branch =
      ordered.find(({ schema }) => fits(schema, value, false)) ?? ordered.find(({ schema }) => fits(schema, value, true));
    return branch?.restore === undefined ? value : branch.restore(value);
  };
}

const exactness = ({ enum: values, properties }: JsonObject): number =>
  values !== undefined ? 2 : properties !== undefined ? 1 : 0;

/** Labels of a list of values: text for each, different for different values. */
export function labelled(values: readonly Json[]): ReadonlyMap<string, Json> {
  const texts = new Set<Json>(values.filter((value) => typeof value === "string"));
  const labels = new Map<string, Json>();
  for (const value of values) {
    let label = typeof value === "string" ? value : written(value);
    // Empty names are refused.
    if (label === "") label = "(empty)";
    while (label !== value && (texts.has(label) || (labels.has(label) && labels.get(label) !== value))) label = `(${label})`;
    labels.set(label, value);
  }
  return labels;
}

/** Undefined where every label is its value. */
export function fromLabels(labels: ReadonlyMap<string, Json>): Restore | undefined {
  if ([...labels].every(([label, value]) => label === value)) return undefined;
  return (value) => (typeof value === "string" ? (labels.get(value) ?? (labels.has(value) ? null : value)) : value);
}

/** Undoes JSON that was given as text, where it is of the kind that is wanted. */
export const fromText: Restore = (value) => {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    const parsed: Json = JSON.parse(value);
    return parsed;
  } catch {
    return value;
  }
};

/** A list of entries, as the object they stand for. */
export const fromEntries =
  (inner: Restore | undefined): Restore =>
  (value) => {
    if (!isArray(value)) return value;
    const entries: [string, Json][] = [];
    for (const entry of value) {
      const key = isObject(entry) ? entry["key"] : undefined;
      if (!isObject(entry) || typeof key !== "string") return value;
      const given = entry["value"] ?? null;
      entries.push([key, inner === undefined ? given : inner(given)]);
    }
    return Object.fromEntries(entries);
  };

/** Items by their places, as far as they are told apart; `items` for the others, and for what does not fit its place. */
export const fromItems = (prefix: readonly Made[], items: Restore | undefined): Restore | undefined => {
  if (items === undefined && prefix.every(({ restore }) => restore === undefined)) return undefined;
  return (value) => {
    if (!isArray(value)) return value;
    return value.map((item, index) => {
      const place = prefix[index];
      const restore = place !== undefined && fits(place.schema, item, true) ? place.restore : items;
      return restore === undefined ? item : restore(item);
    });
  };
};

/** A property as it is said. */
export interface Field extends Made {
  readonly name: string;
  readonly as: string;
  readonly required: boolean;
  /** Null stands for absent. */
  readonly absentAsNull: boolean;
}

export function fromFields(fields: readonly Field[], rest: Restore | undefined): Restore | undefined {
  if (
    rest === undefined &&
    fields.every((field) => field.name === field.as && !field.absentAsNull && field.restore === undefined)
  ) {
    return undefined;
  }
  const byName = new Map(fields.map((field) => [field.as, field]));
  return (value) => {
    if (!isObject(value)) return value;
    const entries: [string, Json][] = [];
    for (const [key, inner = null] of Object.entries(value)) {
      const field = byName.get(key);
      if (field === undefined) entries.push([key, rest === undefined ? inner : rest(inner)]);
      else if (inner !== null || !field.absentAsNull)
        entries.push([field.name, field.restore === undefined ? inner : field.restore(inner)]);
    }
    return Object.fromEntries(entries);
  };
}
