import { isArray, isObject, type Json } from "../../../src/canonical/json.ts";
import { str } from "../json.ts";

/* Walks of requests, for what must not be lost of them. */

export type Substance = Generator<readonly [what: string, text: string]>;

export function* named(what: string, value: Json | undefined): Substance {
  const text = str(value)?.trim();
  if (text) yield [what, text];
}

export const dataOf = (url: string): string => (url.startsWith("data:") ? url.slice(url.indexOf(",") + 1) : url);

/** Whether any string in the value contains the text. */
export function holds(value: Json | undefined, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (isArray(value)) return value.some((one) => holds(one, text));
  return isObject(value) && Object.entries(value).some(([key, one]) => key === text || holds(one, text));
}
