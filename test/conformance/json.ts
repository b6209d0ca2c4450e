import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";

/** A difference between what a recording demands and what the code under test gave. */
export interface Diff {
  /** What was compared, e.g. `stream.text`. Rules match on it. */
  readonly check: string;
  readonly expected: string;
  readonly actual: string;
}

export function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** A typed value as plain JSON (undefined members dropped), so that it can be walked. */
export function toJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : (parseJson(text) ?? null);
}

export const str = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
export const num = (value: Json | undefined): number | undefined => (typeof value === "number" ? value : undefined);
export const obj = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
export const arr = (value: Json | undefined): readonly Json[] => (isArray(value) ? value : []);
export const objects = (value: Json | undefined): readonly JsonObject[] => arr(value).filter(isObject);

export function show(value: unknown, limit = 110): string {
  const text = typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? "absent");
  return text.length > limit ? `${text.slice(0, limit / 2)}…${text.slice(-limit / 2)}` : text;
}

/** Paths at which two JSON values differ. Key order is no difference. */
export function differences(check: string, expected: Json | undefined, actual: Json | undefined, out: Diff[] = []): Diff[] {
  if (out.length > 20 || expected === actual) return out;
  if (isArray(expected) && isArray(actual)) {
    if (expected.length !== actual.length) out.push(diff(`${check}.length`, expected.length, actual.length));
    for (let i = 0; i < Math.min(expected.length, actual.length); i++) differences(`${check}[]`, expected[i], actual[i], out);
    return out;
  }
  if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      differences(`${check}.${key}`, own(expected, key), own(actual, key), out);
    }
    return out;
  }
  out.push(diff(check, expected, actual));
  return out;
}

const own = (value: JsonObject, key: string): Json | undefined => (Object.hasOwn(value, key) ? value[key] : undefined);

export const diff = (check: string, expected: unknown, actual: unknown): Diff => ({
  check,
  expected: show(expected),
  actual: show(actual),
});

/** Where two strings part, shown with what stands around it. */
export function textDiff(check: string, expected: string, actual: string): Diff[] {
  if (expected === actual) return [];
  let at = 0;
  while (at < expected.length && expected[at] === actual[at]) at++;
  const from = Math.max(0, at - 20);
  return [diff(`${check}`, `@${at} ${expected.slice(from, at + 40)}`, `@${at} ${actual.slice(from, at + 40)}`)];
}
