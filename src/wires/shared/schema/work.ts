import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Loss } from "./schema.ts";

/** A piece of the given schema and how it was reached. */
export interface Place {
  readonly schema: Json | undefined;
  /** Where it stands in the given schema. */
  readonly at: string;
  /** The references that are open around it, innermost first. */
  readonly trail: Trail | undefined;
}

export interface Trail {
  readonly target: Json;
  readonly up: Trail | undefined;
}

export const join = (at: string, key: string): string => (at === "" ? key : `${at}.${key}`);

export const below = ({ at, trail }: Place, key: string, schema: Json | undefined): Place => ({
  schema,
  at: join(at, key),
  trail,
});

export const each = ({ at, trail }: Place, key: string, schemas: readonly Json[]): readonly Place[] =>
  schemas.map((schema, index) => ({ schema, at: `${join(at, key)}[${index}]`, trail }));

/** How much one compilation may read: more than any real schema needs, little enough to be done in milliseconds. */
const mostSteps = 20_000;
const charactersPerStep = 64;
const mostLosses = 64;
/** How often a reference may be opened within itself. */
const mostTurns = 2;

/** What the schemas of one request may cost together: a caller can send thousands of tools. One is made for each request. */
export class Allowance {
  steps = 10 * mostSteps;
}

/** One compilation: the given schema, what was spent on it and what was lost. */
export class Work {
  readonly losses: Loss[] = [];
  readonly #root: JsonObject;
  readonly #allowance: Allowance;
  readonly #lost = new Set<string>();
  #steps = mostSteps;
  #named: ReadonlyMap<string, Place> | undefined;

  constructor(root: JsonObject, allowance: Allowance) {
    this.#root = root;
    this.#allowance = allowance;
  }

  lose(kind: Loss["kind"], at: string, detail: string): void {
    const name = `${kind} ${at}`;
    if (this.losses.length >= mostLosses || this.#lost.has(name)) return;
    this.#lost.add(name);
    this.losses.push({ at, kind, detail });
  }

  /** False once the schema has grown too large to go on. */
  spend(characters: number): boolean {
    const steps = 1 + characters / charactersPerStep;
    this.#steps -= steps;
    this.#allowance.steps -= steps;
    return this.#steps > 0 && this.#allowance.steps > 0;
  }

  /** Where a reference leads. `undefined`: nowhere. `"around"`: into itself, again and again. */
  follow(ref: string, from: Place): Place | "around" | undefined {
    const found = ref.startsWith("#/") || ref === "#" ? this.#point(ref) : this.#name(ref);
    if (found === undefined) return undefined;
    let turns = 0;
    for (let trail = from.trail; trail !== undefined; trail = trail.up) if (trail.target === found.schema) turns++;
    if (turns > mostTurns) return "around";
    return { ...found, trail: { target: found.schema ?? null, up: from.trail } };
  }

  #point(ref: string): Place | undefined {
    let schema: Json | undefined = this.#root;
    let at = "";
    for (const part of ref.split("/").slice(1)) {
      const key = unescaped(part);
      if (isArray(schema) && /^\d{1,6}$/.test(key)) {
        schema = schema[Number(key)];
        at += `[${key}]`;
      } else if (isObject(schema) && Object.hasOwn(schema, key)) {
        schema = schema[key];
        at = join(at, key);
      } else return undefined;
      if (schema === undefined) return undefined;
    }
    return { schema, at, trail: undefined };
  }

  /** By `$anchor` or `$id`. */
  #name(ref: string): Place | undefined {
    this.#named ??= namesIn(this.#root);
    return this.#named.get(ref) ?? this.#named.get(ref.slice(ref.lastIndexOf("#")));
  }
}

function unescaped(part: string): string {
  let text = part;
  try {
    text = decodeURIComponent(part);
  } catch {
    // A stray percent sign is part of the name.
  }
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}

const mostSearched = 20_000;

function namesIn(root: JsonObject): ReadonlyMap<string, Place> {
  const names = new Map<string, Place>();
  const open: Place[] = [{ schema: root, at: "", trail: undefined }];
  let searched = 0;
  for (let place = open.pop(); place !== undefined && searched < mostSearched; place = open.pop()) {
    searched++;
    const { schema } = place;
    if (isArray(schema))
      for (const [index, inner] of schema.entries()) open.push({ ...place, schema: inner, at: `${place.at}[${index}]` });
    if (!isObject(schema)) continue;
    for (const key of ["$anchor", "$dynamicAnchor"]) if (typeof schema[key] === "string") names.set(`#${schema[key]}`, place);
    for (const key of ["$id", "id"]) if (typeof schema[key] === "string") names.set(schema[key], place);
    for (const [key, inner] of Object.entries(schema)) open.push(below(place, key, inner));
  }
  return names;
}
