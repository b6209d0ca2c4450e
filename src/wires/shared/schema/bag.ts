import type { Json } from "../../../canonical/json.ts";
import type { Place } from "./work.ts";

export type Kind = "string" | "number" | "integer" | "boolean" | "array" | "object" | "null";

/** Keywords of one figure or word that several dialects know. */
export type Limit =
  | "minLength"
  | "maxLength"
  | "pattern"
  | "format"
  | "minimum"
  | "maximum"
  | "exclusiveMinimum"
  | "exclusiveMaximum"
  | "multipleOf"
  | "minItems"
  | "maxItems"
  | "minProperties"
  | "maxProperties";

/** A limit and where it was set. */
export interface Stated {
  readonly value: Json;
  readonly at: string;
}

/** All that one node demands, its references and `allOf` merged. Its children are still places: they are read when they are said. */
export interface Bag {
  /** Of the first schema read. */
  readonly at: string;
  /** None: every kind. */
  kinds: ReadonlySet<Kind> | undefined;
  /** Also null, whatever else. */
  nullable: boolean;
  /** The only values allowed. */
  values: readonly Json[] | undefined;
  /** Nothing fits. */
  never: boolean;
  /** Not read to its end: too large, too deep, or within itself. */
  cut: boolean;
  readonly properties: Map<string, readonly Place[]>;
  readonly required: Set<string>;
  /** False: further properties are refused. True: they were expressly allowed. None: nothing was said. */
  open: boolean | undefined;
  /** What further properties are to be. */
  rest: readonly Place[];
  items: readonly Place[];
  /** The first items of a list, one by one. */
  prefix: readonly (readonly Place[])[];
  /** Whether items past `prefix` are refused. */
  sealed: boolean;
  readonly limits: Map<Limit, Stated>;
  /** Each a list of alternatives, one of which is to hold. */
  unions: readonly (readonly Place[])[];
  title: string | undefined;
  /** Paragraphs: the author's descriptions. */
  said: readonly string[];
  /** Constraints told in words. */
  told: readonly string[];
  /** The order the author wants, where stated. */
  order: readonly string[] | undefined;
}

export const emptyBag = (at: string): Bag => ({
  at,
  kinds: undefined,
  nullable: false,
  values: undefined,
  never: false,
  cut: false,
  properties: new Map(),
  required: new Set(),
  open: undefined,
  rest: [],
  items: [],
  prefix: [],
  sealed: false,
  limits: new Map(),
  unions: [],
  title: undefined,
  said: [],
  told: [],
  order: undefined,
});

export const copyOf = (bag: Bag): Bag => ({
  ...bag,
  properties: new Map(bag.properties),
  required: new Set(bag.required),
  limits: new Map(bag.limits),
});

/** Whether it only says which properties must be there, as the branches of "one of these two is required" do. */
export const onlyRequires = (bag: Bag): boolean =>
  (bag.kinds === undefined || (bag.kinds.size === 1 && bag.kinds.has("object"))) &&
  !bag.nullable &&
  bag.values === undefined &&
  !bag.never &&
  !bag.cut &&
  bag.properties.size === 0 &&
  bag.required.size > 0 &&
  bag.rest.length === 0 &&
  bag.items.length === 0 &&
  bag.prefix.length === 0 &&
  bag.limits.size === 0 &&
  bag.unions.length === 0;

/** The kind of a JSON value; whole numbers are integers. */
export function kindOf(value: Json): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "string") return "string";
  return typeof value === "boolean" ? "boolean" : "object";
}

/** The kinds that both allow. */
export function narrowed(one: ReadonlySet<Kind> | undefined, other: ReadonlySet<Kind>): ReadonlySet<Kind> {
  if (one === undefined) return other;
  const both = new Set<Kind>();
  for (const kind of one) {
    if (other.has(kind)) both.add(kind);
    else if (kind === "number" && other.has("integer")) both.add("integer");
    else if (kind === "integer" && other.has("number")) both.add("integer");
  }
  return both;
}
