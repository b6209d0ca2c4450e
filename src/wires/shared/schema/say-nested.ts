import type { JsonObject } from "../../../canonical/json.ts";
import { Names } from "../names.ts";
import type { Bag } from "./bag.ts";
import { orNull, takesNull } from "./null.ts";
import { type Field, fromEntries, fromFields, fromItems, fromText, type Made } from "./restore.ts";
import { type Draft, head, limits, type Sayer, spelled } from "./sayer.ts";
import { told } from "./words.ts";
import { join, type Place } from "./work.ts";

const anything = ({ at }: Bag, key: string): Place => ({ schema: true, at: join(at, key), trail: undefined });

export function sayArray(bag: Bag, depth: number, sayer: Sayer): Made {
  const { speech, work } = sayer;
  const more: string[] = [];
  const known = limits("array", bag, more, sayer);
  const { prefix } = bag;
  if (bag.sealed) {
    const most = known["maxItems"];
    const length = Math.min(prefix.length, most === undefined ? prefix.length : Number(most));
    known["maxItems"] = speech.upper ? String(length) : length;
  }
  const tooDeep = depth >= speech.deepest || bag.cut;
  if (tooDeep && !bag.cut) work.lose("approximated", bag.at, "it is nested too deep to be said whole");
  const after: readonly Place[] = bag.items.length > 0 && !tooDeep ? bag.items : [anything(bag, "items")];
  if (prefix.length === 0 || tooDeep) {
    const items = sayer.say([after], depth + 1) ?? { schema: { type: spelled(sayer, "string") } };
    return {
      schema: { ...head(spelled(sayer, "array"), bag, more), ...known, items: items.schema },
      restore: fromItems([], items.restore),
    };
  }
  const first = prefix.map((places) => sayer.say([places], depth + 1) ?? { schema: { type: spelled(sayer, "null") } });
  const rest = bag.sealed || (bag.items.length === 0 && !speech.tuples) ? undefined : sayer.say([after], depth + 1);
  if (speech.tuples) {
    const tail = rest === undefined ? {} : { items: rest.schema };
    return {
      schema: { ...head(spelled(sayer, "array"), bag, more), ...known, prefixItems: first.map(({ schema }) => schema), ...tail },
      restore: fromItems(first, rest?.restore),
    };
  }
  work.lose(
    "approximated",
    prefix[0]?.[0]?.at.replace(/\[0\]$/, "") ?? bag.at,
    "the order of the items is told in the description",
  );
  more.push(
    told(
      "In order",
      prefix.map(([place]) => place?.schema ?? true),
    ),
  );
  const any = sayer.say(rest === undefined ? prefix : [...prefix, after], depth + 1) ?? {
    schema: { type: spelled(sayer, "string") },
  };
  return {
    schema: { ...head(spelled(sayer, "array"), bag, more), ...known, items: any.schema },
    restore: fromItems(first, any.restore),
  };
}

export function sayObject(bag: Bag, depth: number, sayer: Sayer): Made {
  const { speech, work } = sayer;
  const more: string[] = [];
  const known = limits("object", bag, more, sayer);
  if (depth >= speech.deepest || bag.cut) {
    if (!bag.cut) work.lose("approximated", bag.at, "it is nested too deep to be said whole");
    return sayOpaque(bag, more, depth, sayer);
  }
  const fields = fieldsOf(bag, depth, sayer);
  if (fields.length === 0 && !(depth === 0 && (bag.open === false || (bag.open === undefined && sayer.use === "arguments")))) {
    if (bag.open === false) return sayEmpty(bag, known, more, sayer);
    return bag.rest.length === 0 ? sayOpaque(bag, more, depth, sayer) : sayMap(bag, known, more, depth, sayer);
  }
  let rest: Made | undefined;
  const closing: Draft = {};
  if (bag.open === true || bag.rest.length > 0) {
    const at = bag.rest[0]?.at ?? bag.at;
    if (speech.maps === "schema") {
      rest = bag.rest.length === 0 ? undefined : sayer.say([bag.rest], depth + 1);
      closing["additionalProperties"] = rest?.schema ?? true;
    } else if (!speech.strict) {
      more.push(told("additionalProperties", bag.rest[0]?.schema ?? true));
      work.lose("approximated", at, "properties of any name are told in the description");
    } else work.lose("dropped", at, "properties of any name cannot be given beside named ones");
  } else if (bag.open === false && speech.maps === "schema") closing["additionalProperties"] = false;
  if (speech.strict) closing["additionalProperties"] = false;
  const required = fields.filter((field) => field.required || speech.strict).map(({ as }) => as);
  const ordered = sayer.use === "answer" && !speech.strict && fields.length > 1;
  const schema: JsonObject = {
    ...head(spelled(sayer, "object"), bag, more),
    ...known,
    properties: Object.fromEntries(fields.map(({ as, schema: property }) => [as, property])),
    ...((required.length > 0 || speech.strict) && { required }),
    ...(ordered && { propertyOrdering: fields.map(({ as }) => as) }),
    ...closing,
  };
  return { schema, restore: fromFields(fields, rest?.restore) };
}

function fieldsOf(bag: Bag, depth: number, sayer: Sayer): readonly Field[] {
  const { speech, work } = sayer;
  const places = new Map(bag.properties);
  // A name that must be there needs a schema, or the provider refuses the list.
  if (bag.open !== false || bag.rest.length > 0)
    for (const name of bag.required)
      if (!places.has(name)) places.set(name, bag.rest.length > 0 ? bag.rest : [anything(bag, "required")]);
  const legal = new Names(64, /\W/g);
  const taken = new Set(places.keys());
  const fields: Field[] = [];
  for (const name of inOrder([...places.keys()], bag.order)) {
    const made = sayer.say([places.get(name) ?? []], depth + 1);
    if (made === undefined) {
      if (bag.required.has(name)) work.lose("dropped", `${bag.at}.properties.${name}`, "nothing fits it");
      continue;
    }
    let as = name;
    if (speech.names?.test(name) === false) {
      as = legal.fit(/^[A-Za-z_]/.test(name) ? name : `_${name}`);
      while (taken.has(as)) as = `${as.slice(0, 60)}_`;
      taken.add(as);
    }
    const required = bag.required.has(name);
    const nullable = !required && speech.strict ? orNull(made.schema, sayer) : made.schema;
    const absentAsNull = nullable !== made.schema && !takesNull(made.schema);
    fields.push({ name, as, schema: nullable, required, absentAsNull, ...(made.restore && { restore: made.restore }) });
  }
  return fields;
}

function inOrder(names: readonly string[], order: readonly string[] | undefined): readonly string[] {
  if (order === undefined) return names;
  const known = new Set(names);
  const first = new Set(order.filter((name) => known.has(name)));
  return [...first, ...names.filter((name) => !first.has(name))];
}

/** An object of which no property is named, but what they all are. */
function sayMap(bag: Bag, known: Draft, more: string[], depth: number, sayer: Sayer): Made {
  switch (sayer.speech.maps) {
    case "schema": {
      const rest = sayer.say([bag.rest], depth + 1);
      return {
        schema: { ...head(spelled(sayer, "object"), bag, more), ...known, additionalProperties: rest?.schema ?? false },
        restore: fromFields([], rest?.restore),
      };
    }
    case "entries": {
      const value = sayer.say([bag.rest], depth + 2);
      if (value === undefined) return sayEmpty(bag, known, more, sayer);
      const entry = {
        type: spelled(sayer, "object"),
        properties: { key: { type: spelled(sayer, "string") }, value: value.schema },
        required: ["key", "value"],
        ...(sayer.speech.strict && { additionalProperties: false }),
      };
      const words = head(spelled(sayer, "array"), bag, [...more, "An object, as the list of its entries."]);
      const { minProperties: minItems, maxProperties: maxItems } = known;
      const counts = { ...(minItems !== undefined && { minItems }), ...(maxItems !== undefined && { maxItems }) };
      return { schema: { ...words, ...counts, items: entry }, restore: fromEntries(value.restore) };
    }
  }
}

/** An object of which nothing is known that could be said. */
function sayOpaque(bag: Bag, more: readonly string[], depth: number, sayer: Sayer): Made {
  const { speech, work } = sayer;
  if (speech.maps === "schema") return { schema: { ...head(spelled(sayer, "object"), bag, more), additionalProperties: true } };
  if (!bag.cut) work.lose("approximated", bag.at, "an object of any properties can only be described");
  if (depth === 0 && !speech.strict) return { schema: { ...head(spelled(sayer, "object"), bag, more), properties: {} } };
  return { schema: head(spelled(sayer, "string"), bag, [...more, "A JSON object, as text."]), restore: fromText };
}

/** An object that can have no properties. */
function sayEmpty(bag: Bag, known: Draft, more: readonly string[], sayer: Sayer): Made {
  const { speech } = sayer;
  if (!speech.emptyObjects) return { schema: { ...head(spelled(sayer, "string"), bag, more), enum: ["{}"] }, restore: fromText };
  const closed = { properties: {}, ...(speech.strict && { required: [] }), additionalProperties: false };
  return { schema: { ...head(spelled(sayer, "object"), bag, more), ...known, ...closed } };
}
