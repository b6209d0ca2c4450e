import type { Json, JsonObject } from "../../../canonical/json.ts";
import type { Bag } from "./bag.ts";
import { gather } from "./gather.ts";
import { orNull } from "./null.ts";
import { byBranch, fromLabels, fromText, labelled, type Made } from "./restore.ts";
import { sayArray, sayObject } from "./say-nested.ts";
import { head, limits, type Sayer, spelled, words } from "./sayer.ts";
import type { Use } from "./schema.ts";
import { type Shape, shapesOf } from "./shapes.ts";
import type { Speech } from "./speech.ts";
import { shown } from "./words.ts";
import type { Place, Work } from "./work.ts";

/** Says places in one dialect. */
export function sayerOf(speech: Speech, work: Work, use: Use): Sayer {
  const sayer: Sayer = { speech, work, use, say: (alternatives, depth) => sayNode(alternatives, depth, sayer) };
  return sayer;
}

/** What one of several demands: the one way in which every node is said. */
function sayNode(alternatives: readonly (readonly Place[])[], depth: number, sayer: Sayer): Made | undefined {
  const shapes: Shape[] = [];
  let nullable = false;
  let common: Bag | undefined;
  for (const places of alternatives) {
    const bag = gather(places, sayer.work);
    if (alternatives.length === 1) common = bag;
    const taken = shapesOf(bag, sayer.work);
    shapes.push(...taken.shapes);
    if (taken.nullable) nullable = true;
  }
  if (asked(depth, sayer)) nullable = false;
  const parts = merged(asked(depth, sayer) ? objects(shapes) : shapes, sayer);
  const many = parts.length > 1 || (parts.some(({ kind }) => kind === "any") && !asked(depth, sayer));
  const level = parts.length > 1 ? Math.max(depth, 1) : depth;
  const branches: Made[] = [];
  const seen = new Set<string>();
  for (const shape of parts) {
    const bare = many && common !== undefined ? { ...shape, bag: without(shape.bag, common) } : shape;
    for (const made of sayShape(bare, level, sayer)) {
      const key = many ? JSON.stringify(made.schema) : "";
      if (seen.has(key)) continue;
      seen.add(key);
      branches.push(made);
    }
  }
  const [only] = branches;
  if (only === undefined) return nullable ? { schema: described({ type: spelled(sayer, "null") }, common) } : undefined;
  if (branches.length === 1) {
    const one = many ? { ...only, schema: described(only.schema, common) } : only;
    return nullable ? { ...one, schema: orNull(one.schema, sayer) } : one;
  }
  return union(branches, nullable, common, sayer);
}

/** Arguments are an object, whatever else their schema allows. */
function objects(shapes: readonly Shape[]): readonly Shape[] {
  const found = shapes.filter(({ kind }) => kind === "object");
  const any = shapes.find(({ kind }) => kind === "any");
  return found.length > 0 ? found : any === undefined ? shapes : [any];
}

const asked = (depth: number, { use }: Sayer): boolean => depth === 0 && use === "arguments";

function union(branches: readonly Made[], nullable: boolean, common: Bag | undefined, sayer: Sayer): Made {
  const { nullFlag, bareUnions } = sayer.speech;
  const schemas = branches.map(({ schema }, index) => {
    const worded = bareUnions && index === 0 ? described(schema, common) : schema;
    return nullable && nullFlag ? orNull(worded, sayer) : worded;
  });
  if (nullable && !nullFlag) schemas.push({ type: spelled(sayer, "null") });
  const schema = bareUnions ? { anyOf: schemas } : described({ anyOf: schemas }, common);
  return { schema, restore: byBranch(branches) };
}

/** Adds title and words of the node as a whole. */
function described(schema: JsonObject, bag: Bag | undefined): JsonObject {
  if (bag === undefined) return schema;
  const own = schema["description"];
  const text = [words(bag, []), ...(typeof own === "string" ? [own] : [])].filter((one) => one !== "").join("\n");
  const title = schema["title"] ?? bag.title;
  return { ...(title !== undefined && { title }), ...schema, ...(text !== "" && { description: text }) };
}

const without = (bag: Bag, common: Bag): Bag => ({
  ...bag,
  title: bag.title === common.title ? undefined : bag.title,
  said: bag.said.filter((one) => !common.said.includes(one)),
  told: bag.told.filter((one) => !common.told.includes(one)),
});

/** Lists of values become one, as far as the dialect has one spelling for them. */
function merged(shapes: readonly Shape[], { speech }: Sayer): readonly Shape[] {
  const lists = shapes.filter(({ values }) => values !== undefined);
  if (lists.length < 2) return shapes;
  const text = lists.some(({ kind }) => !speech.lists.has(kind));
  const groups = new Map<Shape["kind"], Shape[]>();
  for (const shape of lists) {
    const kind = text && (shape.kind === "string" || !speech.lists.has(shape.kind)) ? "string" : shape.kind;
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [shape]);
    else group.push(shape);
  }
  const whole = [...groups].flatMap(([kind, group]) => {
    const [first, ...others] = group;
    return first === undefined || others.length === 0 ? group : [joined(kind, first, group)];
  });
  return [...whole, ...shapes.filter(({ values }) => values === undefined)];
}

function joined(kind: Shape["kind"], first: Shape, group: readonly Shape[]): Shape {
  const values = [...new Set(group.flatMap((one) => one.values ?? []))];
  const { bag } = first;
  const alike = group.every((one) => one.bag.said.join("\n") === bag.said.join("\n"));
  if (alike) return { kind, bag: { ...bag, title: undefined }, values };
  const lines = group.map((one) => `${(one.values ?? []).map(shown).join(", ")}: ${words(one.bag, [])}`);
  return { kind, bag: { ...bag, title: undefined, said: lines, told: [] }, values };
}

function sayShape(shape: Shape, depth: number, sayer: Sayer): readonly Made[] {
  const { kind, bag, values } = shape;
  if (values !== undefined) return [sayList(kind, values, bag, sayer)];
  switch (kind) {
    case "any":
      return asked(depth, sayer) ? [sayObject(bag, depth, sayer)] : sayAnything(bag, sayer);
    case "object":
      return [sayObject(bag, depth, sayer)];
    case "array":
      return [sayArray(bag, depth, sayer)];
    case "string":
    case "number":
    case "integer":
    case "boolean": {
      const more: string[] = [];
      const found = limits(kind, bag, more, sayer);
      return [{ schema: { ...head(spelled(sayer, kind), bag, more), ...found } }];
    }
  }
}

function sayList(kind: Shape["kind"], values: readonly Json[], bag: Bag, sayer: Sayer): Made {
  const { speech } = sayer;
  const asText = kind === "any" || !speech.lists.has(kind) || values.some((value) => typeof value !== kindOfList(kind));
  if (!asText && kind !== "string") return { schema: { ...head(spelled(sayer, kind), bag, []), enum: values } };
  const labels = labelled(values);
  return { schema: { ...head(spelled(sayer, "string"), bag, []), enum: [...labels.keys()] }, restore: fromLabels(labels) };
}

const kindOfList = (kind: Shape["kind"]): string => (kind === "integer" ? "number" : kind);

/** Scalars as they are; lists and objects, whose form nothing tells, as JSON text. */
function sayAnything(bag: Bag, sayer: Sayer): readonly Made[] {
  sayer.work.lose("approximated", bag.at, "any JSON is allowed; lists and objects are given as JSON text");
  const text = head(spelled(sayer, "string"), bag, ["Text, or a list or an object as JSON text."]);
  return [
    { schema: text, restore: fromText },
    { schema: { type: spelled(sayer, "number") } },
    { schema: { type: spelled(sayer, "boolean") } },
  ];
}
