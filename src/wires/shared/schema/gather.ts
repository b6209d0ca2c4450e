import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import { type Bag, emptyBag, type Kind, type Limit, narrowed } from "./bag.ts";
import { told } from "./words.ts";
import { below, each, join, type Place, type Work } from "./work.ts";

/** Reads all that the places demand together, following references and `allOf`. */
export function gather(places: readonly Place[], work: Work): Bag {
  const bag = emptyBag(places[0]?.at ?? "");
  for (const place of places) readInto(bag, place, work);
  return bag;
}

/** How deep references and `allOf` may lead from one node. */
const deepest = 64;

/** Adds to the bag what a place demands. */
export function readInto(bag: Bag, place: Place, work: Work, depth = 0): void {
  const { schema, at } = place;
  if (schema === undefined || schema === true) return;
  if (schema === false) {
    bag.never = true;
    return;
  }
  if (!isObject(schema)) {
    work.lose("dropped", at, "it is no schema");
    return;
  }
  if (depth > deepest || !work.spend(weight(schema))) {
    bag.cut = true;
    readKinds(bag, schema["type"], place, work);
    work.lose("approximated", at, "the schema is too large or too deep to be said whole");
    return;
  }
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || silent.has(key)) continue;
    const reader = readers.get(key);
    if (reader !== undefined) reader({ bag, place, work, depth, schema, key, value });
    else if (value !== null && !key.startsWith("x-")) work.lose("dropped", join(at, key), "no keyword of JSON Schema");
  }
}

const weight = ({ description, enum: values }: JsonObject): number =>
  (typeof description === "string" ? description.length : 0) + (isArray(values) ? values.length * 16 : 0);

/** Keywords that demand nothing, or are read beside others. */
const silent: ReadonlySet<string> = new Set([
  ..."$schema $id id $anchor $dynamicAnchor $recursiveAnchor $defs definitions $vocabulary $comment".split(" "),
  ..."readOnly writeOnly discriminator then else minContains maxContains contentSchema additionalItems".split(" "),
]);

interface Reading {
  readonly bag: Bag;
  readonly place: Place;
  readonly work: Work;
  readonly depth: number;
  readonly schema: JsonObject;
  readonly key: string;
  readonly value: Json;
}

type Reader = (reading: Reading) => void;

const schemaAt = ({ place, key, value }: Reading): Place => below(place, key, value);

/** What no dialect can say goes into words. */
const inWords: Reader = ({ bag, place, work, key, value }) => {
  if (value === false || value === null) return;
  bag.told = [...bag.told, told(key, value)];
  work.lose("approximated", join(place.at, key), "told in the description");
};

/** For the reader only: no constraint is lost. */
const remark: Reader = ({ bag, key, value }) => {
  if (value !== null && value !== false) bag.told = [...bag.told, told(key, value)];
};

const malformed = ({ place, work, key }: Reading): void => work.lose("dropped", join(place.at, key), "it is malformed");

const reference: Reader = (reading) => {
  const { bag, place, work, depth, key, value } = reading;
  if (typeof value !== "string") return malformed(reading);
  const target = work.follow(value, place);
  if (target === undefined) {
    work.lose("dropped", join(place.at, key), `${value.slice(0, 80)} leads nowhere`);
    bag.told = [...bag.told, `As defined by ${value.slice(0, 80)}.`];
  } else if (target === "around") {
    bag.cut = true;
    bag.told = [...bag.told, `Again of the form ${value === "#" ? "of the whole" : value.slice(value.lastIndexOf("/") + 1)}.`];
    work.lose("approximated", join(place.at, key), "the schema contains itself; it is told to a limited depth");
    readShallow(bag, value, place, work);
  } else readInto(bag, target, work, depth + 1);
};

/** Of a schema that contains itself: its kind, once more. */
function readShallow(bag: Bag, ref: string, place: Place, work: Work): void {
  const target = work.follow(ref, { ...place, trail: undefined });
  if (target === undefined || target === "around" || !isObject(target.schema)) return;
  readKinds(bag, target.schema["type"] ?? (target.schema["properties"] === undefined ? undefined : "object"), target, work);
}

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

function readKinds(bag: Bag, type: Json | undefined, place: Place, work: Work): void {
  if (type === undefined || type === null) return;
  const kinds = new Set<Kind>();
  for (const name of isArray(type) ? type : [type]) {
    const kind = typeof name === "string" ? kindNames.get(name.toLowerCase()) : undefined;
    if (kind !== undefined) kinds.add(kind);
    else if (name !== "any" && name !== "TYPE_UNSPECIFIED")
      work.lose("dropped", join(place.at, "type"), "no type of JSON Schema");
  }
  if (kinds.size === 0) return;
  bag.kinds = narrowed(bag.kinds, kinds);
  if (bag.kinds.size === 0) bag.never = true;
}

const same = (one: Json, other: Json): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);

const allow = (bag: Bag, values: readonly Json[]): void => {
  bag.values = bag.values === undefined ? values : bag.values.filter((one) => values.some((other) => same(one, other)));
  if (bag.values.length === 0) bag.never = true;
};

const lower: ReadonlySet<string> = new Set(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"]);

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

/** JSON Schema's figure, or the flag of older drafts that turns the plain limit into an exclusive one. */
const exclusive =
  (name: "exclusiveMinimum" | "exclusiveMaximum", plain: "minimum" | "maximum"): Reader =>
  (reading) => {
    const { schema, value } = reading;
    if (value === false) return;
    limit(name, "number")(value === true ? { ...reading, value: schema[plain] ?? null } : reading);
  };

const union: Reader = (reading) => {
  const { bag, place, work, key, value, schema } = reading;
  if (!isArray(value) || value.length === 0) return malformed(reading);
  bag.unions = [...bag.unions, each(place, key, value)];
  if (key === "oneOf" && value.length > 1 && schema["discriminator"] === undefined) {
    work.lose("approximated", join(place.at, key), "several of the alternatives may fit at once");
  }
};

const strings = (value: Json): readonly string[] => (isArray(value) ? value.filter((one) => typeof one === "string") : []);

const further: Reader = ({ bag, place, key, value, schema }) => {
  // What stands beside patterns is read with them.
  if (isObject(schema["patternProperties"])) return;
  if (value === false) bag.open = false;
  else {
    if (bag.open !== false) bag.open = true;
    if (isObject(value) && Object.keys(value).length > 0) bag.rest = [...bag.rest, below(place, key, value)];
  }
};

const patterns: Reader = (reading) => {
  const { bag, schema, value } = reading;
  if (!isObject(value)) return malformed(reading);
  const beside = schema["additionalProperties"];
  const alternatives = [...Object.values(value), ...(beside === false ? [] : [beside])].filter((one) => one !== undefined);
  if (alternatives.length === 0) return;
  bag.open = true;
  bag.rest = [
    ...bag.rest,
    { ...schemaAt(reading), schema: alternatives.length === 1 ? alternatives[0] : { anyOf: alternatives } },
  ];
  inWords(reading);
};

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["$ref", reference],
  ["$dynamicRef", reference],
  ["$recursiveRef", reference],
  [
    "allOf",
    (reading) => {
      const { bag, place, work, depth, value } = reading;
      if (!isArray(value)) return malformed(reading);
      for (const inner of each(place, "allOf", value)) readInto(bag, inner, work, depth + 1);
    },
  ],
  ["anyOf", union],
  ["any_of", union],
  ["oneOf", union],
  ["type", ({ bag, value, place, work }) => readKinds(bag, value, place, work)],
  [
    "nullable",
    ({ bag, value }) => {
      if (value === true) bag.nullable = true;
    },
  ],
  ["enum", (reading) => (isArray(reading.value) ? allow(reading.bag, reading.value) : malformed(reading))],
  ["const", ({ bag, value }) => allow(bag, [value])],
  [
    "title",
    ({ bag, value }) => {
      if (typeof value === "string") bag.title ??= value;
    },
  ],
  [
    "description",
    ({ bag, value }) => {
      if (typeof value === "string" && value !== "" && !bag.said.includes(value)) bag.said = [...bag.said, value];
    },
  ],
  ["default", remark],
  ["example", remark],
  ["examples", remark],
  ["deprecated", remark],
  [
    "properties",
    (reading) => {
      const { bag, place, value } = reading;
      if (!isObject(value)) return malformed(reading);
      const at = join(place.at, "properties");
      for (const [name, schema] of Object.entries(value)) {
        bag.properties.set(name, [...(bag.properties.get(name) ?? []), { ...place, at: join(at, name), schema }]);
      }
    },
  ],
  [
    "required",
    (reading) => {
      if (!isArray(reading.value)) return malformed(reading);
      for (const name of strings(reading.value)) reading.bag.required.add(name);
    },
  ],
  ["additionalProperties", further],
  ["unevaluatedProperties", further],
  ["patternProperties", patterns],
  ["propertyNames", inWords],
  ["dependentRequired", inWords],
  ["dependentSchemas", inWords],
  ["dependencies", inWords],
  [
    "propertyOrdering",
    ({ bag, value }) => {
      bag.order = strings(value);
    },
  ],
  [
    "property_ordering",
    ({ bag, value }) => {
      bag.order = strings(value);
    },
  ],
  [
    "items",
    (reading) => {
      const { bag, place, schema, value } = reading;
      if (value === false) bag.sealed = true;
      else if (!isArray(value)) bag.items = [...bag.items, schemaAt(reading)];
      else {
        bag.prefix = each(place, "items", value).map((item) => [item]);
        const after = schema["additionalItems"];
        if (after === false) bag.sealed = true;
        else if (after !== undefined) bag.items = [...bag.items, below(place, "additionalItems", after)];
      }
    },
  ],
  [
    "prefixItems",
    (reading) => {
      if (!isArray(reading.value)) return malformed(reading);
      reading.bag.prefix = each(reading.place, "prefixItems", reading.value).map((item) => [item]);
    },
  ],
  [
    "unevaluatedItems",
    (reading) => {
      if (reading.value === false) reading.bag.sealed = true;
      else reading.bag.items = [...reading.bag.items, schemaAt(reading)];
    },
  ],
  ["uniqueItems", inWords],
  ["contains", inWords],
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
  ["contentEncoding", inWords],
  ["contentMediaType", inWords],
  [
    "if",
    (reading) => {
      const { bag, place, work, schema, value } = reading;
      bag.told = [...bag.told, conditional(value, schema["then"], schema["else"])];
      work.lose("approximated", join(place.at, "if"), "told in the description");
    },
  ],
  [
    "not",
    (reading) => {
      const { bag, value } = reading;
      if (value === true || (isObject(value) && Object.keys(value).length === 0)) bag.never = true;
      else inWords(reading);
    },
  ],
]);

function conditional(condition: Json, then: Json | undefined, otherwise: Json | undefined): string {
  const first = then === undefined ? "" : ` then ${told("it fits", then)}`;
  const second = otherwise === undefined ? "" : ` else ${told("it fits", otherwise)}`;
  return `If ${told("it fits", condition)}:${first}${second}.`;
}
