import { isArray, isObject, type Json } from "../../../canonical/json.ts";
import { type Kind, kindOf } from "./bag.ts";
import { below, type Place, type Work } from "./work.ts";

/*
 * `oneOf` demands that exactly one alternative fits; providers know `anyOf` alone. Where no two alternatives can fit one value the
 * two demand the same, and nothing is lost. Only what a schema plainly says is looked at: the rest could but narrow it further.
 */

/** What a schema plainly says. */
interface Facts {
  /** None: every kind. */
  readonly kinds: ReadonlySet<Kind> | undefined;
  /** The only values that fit, where none is an object or a list. */
  readonly values: ReadonlySet<Json> | undefined;
  readonly required: ReadonlySet<string>;
  readonly properties: ReadonlyMap<string, Place>;
  /** No other properties. */
  readonly closed: boolean;
}

/** More alternatives than this are not compared each with each. */
const most = 48;
/** How deep properties that tell alternatives apart may stand, and references lead. */
const deepest = 4;

/**
 * Whether it is plain that no value fits two of the alternatives.
 *
 * @param type of the schema that they stand in
 */
export function areExclusive(alternatives: readonly Place[], type: Json | undefined, work: Work): boolean {
  if (alternatives.length > most) return false;
  const within = kindsIn(type);
  const all = alternatives.map((place) => {
    const facts = factsOf(place, work, 0);
    return { ...facts, kinds: sharedKinds(facts.kinds, within) };
  });
  return all.every((one, index) => all.slice(0, index).every((other) => work.spend(0) && areApart(one, other, work, 0)));
}

function areApart(one: Facts, other: Facts, work: Work, depth: number): boolean {
  const shared = sharedKinds(one.kinds, other.kinds);
  if (shared?.size === 0) return true;
  const { values } = other;
  if (one.values !== undefined && values !== undefined) return ![...one.values].some((value) => values.has(value));
  if (shared?.size !== 1 || !shared.has("object") || depth >= deepest) return false;
  return misses(one, other) || misses(other, one) || [...one.required].some((name) => toldApart(name, one, other, work, depth));
}

/** Whether one demands a property that the other refuses. */
const misses = ({ required }: Facts, { closed, properties }: Facts): boolean =>
  closed && [...required].some((name) => !properties.has(name));

/** Whether a property that both demand is of another sort in each. */
function toldApart(name: string, one: Facts, other: Facts, work: Work, depth: number): boolean {
  const [a, b] = [one.properties.get(name), other.properties.get(name)];
  if (a === undefined || b === undefined || !other.required.has(name) || !work.spend(0)) return false;
  return areApart(factsOf(a, work, depth), factsOf(b, work, depth), work, depth + 1);
}

/** The kinds that both allow; undefined: every kind. A whole number is a number, too. */
function sharedKinds(one: Facts["kinds"], other: Facts["kinds"]): ReadonlySet<Kind> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const has = (kinds: ReadonlySet<Kind>, kind: Kind): boolean =>
    kinds.has(kind) || (kind === "integer" && kinds.has("number")) || (kind === "number" && kinds.has("integer"));
  return new Set([...one].filter((kind) => has(other, kind)));
}

const nothing: Facts = { kinds: undefined, values: undefined, required: new Set(), properties: new Map(), closed: false };

function factsOf(place: Place, work: Work, depth: number): Facts {
  const { schema } = place;
  if (!isObject(schema) || depth > deepest) return nothing;
  const { $ref: ref, type, properties, required } = schema;
  if (typeof ref === "string") {
    const target = work.follow(ref, place);
    return target === undefined || target === "around" ? nothing : factsOf(target, work, depth + 1);
  }
  const given = schema["const"] !== undefined ? [schema["const"]] : schema["enum"];
  // OpenAPI's word for null besides.
  const none = schema["nullable"] === true ? [null] : [];
  const values = isArray(given) ? [...given, ...none] : undefined;
  const kinds = values === undefined ? kindsIn(type) : new Set(values.map(kindOf));
  const shapes = isObject(properties) ? Object.entries(properties) : [];
  return {
    kinds: kinds && new Set([...kinds, ...none.map(kindOf)]),
    // Of two objects it is not plain whether they are the same.
    values: values?.some((value) => typeof value === "object" && value !== null) ? undefined : values && new Set(values),
    required: new Set(isArray(required) ? required.filter((name) => typeof name === "string") : []),
    properties: new Map(shapes.map(([name, shape]) => [name, below(place, `properties.${name}`, shape)])),
    closed: schema["additionalProperties"] === false && schema["patternProperties"] === undefined,
  };
}

const kindNames: ReadonlySet<string> = new Set([
  "string",
  "number",
  "integer",
  "boolean",
  "array",
  "object",
  "null",
] satisfies Kind[]);
const isKind = (name: Json): name is Kind => typeof name === "string" && kindNames.has(name);

function kindsIn(type: Json | undefined): ReadonlySet<Kind> | undefined {
  const names = isArray(type) ? type : type === undefined ? [] : [type];
  // Google writes kinds in capitals.
  const kinds = names.map((name) => (typeof name === "string" ? name.toLowerCase() : name));
  return kinds.length > 0 && kinds.every(isKind) ? new Set(kinds) : undefined;
}
