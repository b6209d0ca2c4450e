import { isArray, isObject, type Json } from "../../../canonical/json.ts";
import { areExclusive } from "./exclusive.ts";
import { added, inWords, malformed, type Reader, schemaAt } from "./reading.ts";
import { below, each, join } from "./work.ts";

/* Properties, items and unions: what they hold stays as places, to be read when it is said. */

const strings = (value: Json): readonly string[] => (isArray(value) ? value.filter((one) => typeof one === "string") : []);

const properties: Reader = (reading) => {
  const { bag, place, value } = reading;
  if (!isObject(value)) return malformed(reading);
  const at = join(place.at, "properties");
  for (const [name, schema] of Object.entries(value)) {
    const inner = { ...place, at: join(at, name), schema };
    const before = bag.properties.get(name);
    bag.properties.set(name, before === undefined ? [inner] : added(before, inner, reading));
  }
};

const required: Reader = (reading) => {
  if (!isArray(reading.value)) return malformed(reading);
  for (const name of strings(reading.value)) reading.bag.required.add(name);
};

const further: Reader = (reading) => {
  const { bag, place, key, value, schema } = reading;
  // What stands beside patterns is read with them.
  if (isObject(schema["patternProperties"])) return;
  if (value === false) bag.open = false;
  else {
    if (bag.open !== false) bag.open = true;
    if (isObject(value) && Object.keys(value).length > 0) bag.rest = added(bag.rest, below(place, key, value), reading);
  }
};

const patterns: Reader = (reading) => {
  const { bag, schema, value } = reading;
  if (!isObject(value)) return malformed(reading);
  const beside = schema["additionalProperties"];
  const alternatives = [...Object.values(value), ...(beside === false ? [] : [beside])].filter((one) => one !== undefined);
  if (alternatives.length === 0) return;
  bag.open = true;
  const one = alternatives.length === 1 ? alternatives[0] : { anyOf: alternatives };
  bag.rest = added(bag.rest, { ...schemaAt(reading), schema: one }, reading);
  inWords(reading);
};

const items: Reader = (reading) => {
  const { bag, place, schema, value } = reading;
  if (value === false) bag.sealed = true;
  else if (!isArray(value)) bag.items = added(bag.items, schemaAt(reading), reading);
  else {
    bag.prefix = each(place, "items", value).map((item) => [item]);
    const after = schema["additionalItems"];
    if (after === false) bag.sealed = true;
    else if (after !== undefined) bag.items = added(bag.items, below(place, "additionalItems", after), reading);
  }
};

const prefixItems: Reader = (reading) => {
  if (!isArray(reading.value)) return malformed(reading);
  reading.bag.prefix = each(reading.place, "prefixItems", reading.value).map((item) => [item]);
};

const unevaluatedItems: Reader = (reading) => {
  if (reading.value === false) reading.bag.sealed = true;
  else reading.bag.items = added(reading.bag.items, schemaAt(reading), reading);
};

const union: Reader = (reading) => {
  const { bag, place, work, key, value, schema } = reading;
  if (!isArray(value) || value.length === 0) return malformed(reading);
  const alternatives = each(place, key, value);
  bag.unions = added(bag.unions, alternatives, reading);
  if (key === "oneOf" && schema["discriminator"] === undefined && !areExclusive(alternatives, schema["type"], work)) {
    work.lose("approximated", join(place.at, key), "several of the alternatives may fit at once");
  }
};

const ordering: Reader = ({ bag, value }) => {
  bag.order = strings(value);
};

export const nestedReaders: readonly (readonly [string, Reader])[] = [
  ["properties", properties],
  ["required", required],
  ["additionalProperties", further],
  ["unevaluatedProperties", further],
  ["patternProperties", patterns],
  ["propertyOrdering", ordering],
  ["property_ordering", ordering],
  ["items", items],
  ["prefixItems", prefixItems],
  ["unevaluatedItems", unevaluatedItems],
  ["anyOf", union],
  ["any_of", union],
  ["oneOf", union],
];
