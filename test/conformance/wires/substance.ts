import { isArray, isObject, type Json } from "../../../src/canonical/json.ts";
import { differences, parseJson, str } from "../json.ts";

/* Walks of requests, for what must not be lost of them. */

export type Substance = Generator<readonly [what: string, text: string]>;

export function* named(what: string, value: Json | undefined): Substance {
  const text = str(value)?.trim();
  if (text) yield [what, text];
}

export const dataOf = (url: string): string => (url.startsWith("data:") ? url.slice(url.indexOf(",") + 1) : url);

/** Whether any string in the value contains the text, or the value holds what the text says as JSON. */
export function holds(value: Json | undefined, text: string): boolean {
  if (contains(value, text) || contains(value, base64(text))) return true;
  const said = /^[[{]/.test(text) ? parseJson(text) : undefined;
  return said !== undefined && within(value, said);
}

/** Documents of plain text may be sent as data. */
const base64 = (text: string): string =>
  Buffer.from(text)
    .toString("base64")
    .replace(/.{0,4}$/, "") || "no data";

function contains(value: Json | undefined, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (isArray(value)) return value.some((one) => contains(one, text));
  return isObject(value) && Object.entries(value).some(([key, one]) => key === text || contains(one, text));
}

function within(value: Json | undefined, said: Json): boolean {
  if (isArray(value)) return differences("", said, value).length === 0 || value.some((one) => within(one, said));
  if (!isObject(value)) return false;
  return differences("", said, value).length === 0 || Object.values(value).some((one) => within(one, said));
}
