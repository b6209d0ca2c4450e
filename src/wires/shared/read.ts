import { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/*
 * Two ways of reading a field. The plain ones are lenient (a field of another type reads as absent): for providers. The
 * `want…` ones are strict (they throw `invalid_request` naming the field): for callers.
 */

export const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
export const number = (value: Json | undefined): number | undefined => (typeof value === "number" ? value : undefined);
export const boolean = (value: Json | undefined): boolean | undefined => (typeof value === "boolean" ? value : undefined);
export const object = (value: Json | undefined): JsonObject | undefined => (isObject(value) ? value : undefined);
export const list = (value: Json | undefined): readonly Json[] | undefined => (isArray(value) ? value : undefined);

/** A token count: a non-negative whole number, else absent. */
export const count = (value: Json | undefined): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** Throws the caller's error for a field: `what` completes the sentence "`param` must be …". */
export function refuse(param: string, what: string): never {
  throw new GatewayError("invalid_request", `\`${param}\` must be ${what}.`, { param });
}

export const wantText = (value: Json | undefined, param: string): string => text(value) ?? refuse(param, "a string");
export const wantObject = (value: Json | undefined, param: string): JsonObject => object(value) ?? refuse(param, "an object");
export const wantList = (value: Json | undefined, param: string): readonly Json[] => list(value) ?? refuse(param, "an array");

/** An optional field of a caller: null counts as absent, another type is refused. */
export function optional<T>(
  value: Json | undefined,
  param: string,
  read: (value: Json | undefined) => T | undefined,
  what: string,
): T | undefined {
  if (value === undefined || value === null) return undefined;
  return read(value) ?? refuse(param, what);
}

/** The object's members that `known` does not name, or undefined when there are none. */
export function others(source: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  // Most often there are none, which is seen without a copy of anything.
  for (const first in source) {
    if (!known.has(first)) return Object.fromEntries(Object.entries(source).filter(([key]) => !known.has(key)));
  }
  return undefined;
}
