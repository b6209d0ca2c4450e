import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Origin } from "../../canonical/parts.ts";
import { isEmpty, Losses } from "../shared/losses.ts";
import { Names } from "../shared/names.ts";
import { Allowance } from "../shared/schema/index.ts";
import type { Target } from "../wire.ts";
import { name as wireName } from "./name.ts";
import { type Draft, put } from "./spelling.ts";

/** What the encoders of one request share. */
export interface Scope {
  /** The request was decoded from this wire: its forms are kept, and parts need no fitting. */
  readonly native: boolean;
  readonly target: Target;
  readonly losses: Losses;
  readonly toolNames: Names;
  /** The model's generation, e.g. 2.5; undefined for models that are no Gemini. */
  readonly generation: number | undefined;
  /** Names of the calls in the history, by their ids: results must repeat them. */
  readonly callNames: Map<string, string>;
  readonly schemas: Allowance;
}

/** What may not stand in a function's name, and not at its beginning. */
const illegal = /[^a-zA-Z0-9_.:-]|^[^a-zA-Z_]/g;
/** Vertex takes 64, the Gemini API 128. */
const longestName = 64;

export function scopeFor(native: boolean, target: Target): Scope {
  return {
    native,
    target,
    losses: new Losses(),
    toolNames: native
      ? new Names(target.quirks.toolNameLength ?? Number.POSITIVE_INFINITY)
      : new Names(target.quirks.toolNameLength ?? longestName, illegal),
    generation: generationOf(target.model),
    callNames: new Map(),
    schemas: new Allowance(),
  };
}

/** The generation in a model's name; names without one (`gemini-flash-latest`) stand for the newest. */
export function generationOf(model: string): number | undefined {
  const found = /gemini-(?:(\d+)(?:\.(\d+))?|[a-z])/.exec(model.slice(0, 512));
  if (found === null) return undefined;
  return found[1] === undefined ? 3 : Number(`${found[1]}.${found[2] ?? 0}`);
}

/** Whether what is of this origin can be read by the provider it goes to. */
export function isOwn(origin: Origin | undefined, { native, target }: Scope): boolean {
  if (origin === undefined) return native;
  return origin.wire === wireName && (origin.provider === undefined || origin.provider === target.provider);
}

/** Puts unread members back where they stood (`functionResponse.scheduling`); of another wire's only the loss is reported. */
export function restore(made: Draft, extra: JsonObject | undefined, at: string, { native, losses }: Scope): void {
  for (const [field, value] of Object.entries(extra ?? {})) {
    if (!native) {
      if (!isEmpty(value)) losses.drop("unknown_field_dropped", `${at}.${field}`, "the field is none of the Gemini API's.");
      continue;
    }
    const dot = field.indexOf(".");
    const holder = dot > 0 ? made[field.slice(0, dot)] : undefined;
    if (isObject(holder)) made[field.slice(0, dot)] = { ...holder, [field.slice(dot + 1)]: value };
    else put(made, field, value);
  }
}

/** Puts a value at a path of names joined by dots, making the objects on the way. */
export function place(target: Draft, path: string, value: Json): void {
  const dot = path.indexOf(".");
  if (dot < 0) {
    target[path] = value;
    return;
  }
  const holder = target[path.slice(0, dot)];
  const inner: Draft = {};
  if (isObject(holder)) for (const [key, member] of Object.entries(holder)) put(inner, key, member);
  place(inner, path.slice(dot + 1), value);
  target[path.slice(0, dot)] = inner;
}
