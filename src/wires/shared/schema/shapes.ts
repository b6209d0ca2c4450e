import type { Json } from "../../../canonical/json.ts";
import { type Bag, copyOf, emptyBag, type Kind, kindOf, onlyRequires } from "./bag.ts";
import { readInto } from "./gather.ts";
import { shown } from "./words.ts";
import type { Place, Work } from "./work.ts";

/** One of the things a node may be: of a single kind, without unions. `any`: whatever JSON there is. */
export interface Shape {
  readonly kind: Exclude<Kind, "null"> | "any";
  readonly bag: Bag;
  /** The only values allowed, all of this kind. */
  readonly values?: readonly Json[] | undefined;
}

export interface Shapes {
  readonly shapes: readonly Shape[];
  readonly nullable: boolean;
}

const mostShapes = 48;
/** How many unions may stand within and beside each other. */
const deepest = 32;

/** Takes a node apart: unions are opened, with what stands beside them moved into each branch, and kinds are told apart. */
export function shapesOf(bag: Bag, work: Work): Shapes {
  const shapes: Shape[] = [];
  const nullable = open(bag, work, shapes, 0);
  return { shapes, nullable };
}

/** Returns whether null is allowed. */
function open(bag: Bag, work: Work, shapes: Shape[], depth: number): boolean {
  if (bag.never) return false;
  const [union, ...rest] = bag.unions;
  if (union === undefined || bag.cut || depth > deepest) return single(bag, work, shapes) || bag.nullable;
  const base = copyOf(bag);
  base.unions = rest;
  if (union.length > 1 && wordsOnly(union, base, work)) return open(base, work, shapes, depth + 1);
  const before = shapes.length;
  let nullable = bag.nullable;
  let fitting = 0;
  for (const alternative of union) {
    if (shapes.length >= mostShapes || !work.spend(0)) {
      work.lose("approximated", alternative.at, "more alternatives than can be told");
      break;
    }
    const branch = copyOf(base);
    branch.nullable = false;
    readInto(branch, alternative, work);
    if (!branch.never) fitting++;
    if (open(branch, work, shapes, depth + 1)) nullable = true;
  }
  if (fitting > 0 && (shapes.length > before || nullable)) return nullable;
  work.lose("approximated", union[0]?.at ?? bag.at, "none of the alternatives fits what is said beside them");
  return open(base, work, shapes, depth + 1) || nullable;
}

/** "Either this or that must be there" would copy the whole object into each branch: it is told instead. */
function wordsOnly(union: readonly Place[], base: Bag, work: Work): boolean {
  if (base.properties.size === 0) return false;
  const sets: string[] = [];
  for (const alternative of union) {
    const branch = emptyBag(alternative.at);
    if (!requiresOnly(alternative.schema)) return false;
    readInto(branch, alternative, work);
    if (!onlyRequires(branch)) return false;
    sets.push([...branch.required].map(shown).join(" and "));
  }
  base.told = [...base.told, `Give ${sets.join(", or ")}.`];
  work.lose("approximated", union[0]?.at.replace(/\[0\]$/, "") ?? "", "told in the description");
  return true;
}

const requiresOnly = (schema: Json | undefined): boolean =>
  typeof schema === "object" &&
  schema !== null &&
  !Array.isArray(schema) &&
  "required" in schema &&
  Object.keys(schema).length <= 3;

/** What the keywords speak of, where no type is stated. */
function implied({ properties, required, open, rest, items, prefix, limits }: Bag): ReadonlySet<Kind> | undefined {
  const kinds = new Set<Kind>();
  if (properties.size > 0 || required.size > 0 || open !== undefined || rest.length > 0) kinds.add("object");
  if (items.length > 0 || prefix.length > 0) kinds.add("array");
  for (const name of limits.keys()) {
    if (name === "minItems" || name === "maxItems") kinds.add("array");
    else if (name === "minProperties" || name === "maxProperties") kinds.add("object");
    else if (name === "minLength" || name === "maxLength" || name === "pattern" || name === "format") kinds.add("string");
    else kinds.add("number");
  }
  return kinds.size === 0 ? undefined : kinds;
}

function single(bag: Bag, work: Work, shapes: Shape[]): boolean {
  if (bag.values !== undefined) return listed(bag, bag.values, work, shapes);
  const kinds = bag.kinds ?? implied(bag);
  if (kinds === undefined) {
    shapes.push({ kind: "any", bag });
    return true;
  }
  for (const kind of kinds) if (kind !== "null" && !(kind === "integer" && kinds.has("number"))) shapes.push({ kind, bag });
  return kinds.has("null");
}

/** A list of values, by their kinds. */
function listed(bag: Bag, values: readonly Json[], work: Work, shapes: Shape[]): boolean {
  const { kinds } = bag;
  const allowed = (value: Json): boolean => {
    const kind = kindOf(value);
    return kinds === undefined || kinds.has(kind) || (kind === "integer" && kinds.has("number"));
  };
  let fitting: readonly Json[] = values.filter(allowed);
  if (fitting.length === 0) {
    work.lose("approximated", bag.at, "no value of its list is of its type");
    fitting = values;
  }
  const fractions = kinds?.has("integer") !== true && fitting.some((one) => kindOf(one) === "number");
  const groups = new Map<Shape["kind"], Json[]>();
  let nullable = false;
  for (const value of fitting) {
    const kind = kindOf(value);
    if (kind === "null") {
      nullable = true;
      continue;
    }
    const group = kind === "integer" && fractions ? "number" : kind;
    const found = groups.get(group);
    if (found === undefined) groups.set(group, [value]);
    else found.push(value);
  }
  for (const [kind, group] of groups) {
    const both = kind === "boolean" && group.includes(true) && group.includes(false);
    shapes.push(both ? { kind, bag } : { kind, bag, values: group });
  }
  return nullable;
}
