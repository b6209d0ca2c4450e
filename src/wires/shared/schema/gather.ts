import { isArray, isObject, type JsonObject } from "../../../canonical/json.ts";
import { type Bag, emptyBag } from "./bag.ts";
import { nestedReaders } from "./read-nested.ts";
import { readKinds, scalarReaders } from "./read-scalars.ts";
import { inWords, malformed, most, type Reader, remark, tell } from "./reading.ts";
import { told } from "./words.ts";
import { each, join, type Place, type Work } from "./work.ts";

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

const reference: Reader = (reading) => {
  const { bag, place, work, depth, key, value } = reading;
  if (typeof value !== "string") return malformed(reading);
  work.spend(value.length);
  const target = work.follow(value, place);
  if (target === undefined) {
    work.lose("dropped", join(place.at, key), `${value.slice(0, 80)} leads nowhere`);
    tell(bag, `As defined by ${value.slice(0, 80)}.`);
  } else if (target === "around") {
    bag.cut = true;
    const name = value.slice(value.lastIndexOf("/") + 1).slice(0, 80);
    tell(bag, `Again of the form of ${value === "#" ? "the whole" : name}.`);
    work.lose("approximated", join(place.at, key), "the schema contains itself; it is told to a limited depth");
    readAgain(bag, value, place, work);
  } else readInto(bag, target, work, depth + 1);
};

/** Of a schema that contains itself: its kind, once more. */
function readAgain(bag: Bag, ref: string, place: Place, work: Work): void {
  const target = work.follow(ref, { ...place, trail: undefined });
  if (target === undefined || target === "around" || !isObject(target.schema)) return;
  const { type, properties } = target.schema;
  readKinds(bag, type ?? (properties === undefined ? undefined : "object"), target, work);
}

const allOf: Reader = (reading) => {
  const { bag, place, work, depth, value } = reading;
  if (!isArray(value)) return malformed(reading);
  for (const inner of each(place, "allOf", value)) readInto(bag, inner, work, depth + 1);
};

const conditional: Reader = ({ bag, place, work, schema, value }) => {
  const { then, else: otherwise } = schema;
  const first = then === undefined ? "" : ` then ${told("it fits", then)}`;
  const second = otherwise === undefined ? "" : ` else ${told("it fits", otherwise)}`;
  tell(bag, `If ${told("it fits", value)}:${first}${second}.`);
  work.lose("approximated", join(place.at, "if"), "told in the description");
};

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...scalarReaders,
  ...nestedReaders,
  ["$ref", reference],
  ["$dynamicRef", reference],
  ["$recursiveRef", reference],
  ["allOf", allOf],
  [
    "title",
    ({ bag, value }) => {
      if (typeof value === "string") bag.title ??= value;
    },
  ],
  [
    "description",
    ({ bag, value }) => {
      if (typeof value !== "string" || value === "" || bag.said.length >= most || bag.said.includes(value)) return;
      bag.said = [...bag.said, value];
    },
  ],
  ["default", remark],
  ["example", remark],
  ["examples", remark],
  ["deprecated", remark],
  ["propertyNames", inWords],
  ["dependentRequired", inWords],
  ["dependentSchemas", inWords],
  ["dependencies", inWords],
  ["uniqueItems", inWords],
  ["contains", inWords],
  ["contentEncoding", inWords],
  ["contentMediaType", inWords],
  ["if", conditional],
  [
    "not",
    (reading) => {
      const { bag, value } = reading;
      if (value === true || (isObject(value) && Object.keys(value).length === 0)) bag.never = true;
      else inWords(reading);
    },
  ],
]);
