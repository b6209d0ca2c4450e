import { GatewayError } from "../canonical/error.ts";
import { suggestion } from "../config/suggest.ts";

/** Throws GatewayError `invalid_request` where the value is not of this shape; `at` is where it stands in the request. */
export type Shape = (value: unknown, at: string) => void;

export const invalid = (param: string, what: string): GatewayError =>
  new GatewayError("invalid_request", `\`${param}\` ${what}.`, { param });

/** `what` goes on after "must be". */
export const is =
  (what: string, test: (value: unknown) => boolean): Shape =>
  (value, at) => {
    if (!test(value)) throw invalid(at, `must be ${what}, and is ${kindOf(value)}`);
  };

export const text = is("text", (value) => typeof value === "string");
export const name = is("text of at least one character", (value) => typeof value === "string" && value !== "");
export const truth = is("true or false", (value) => typeof value === "boolean");
export const number = is("a number", (value) => Number.isFinite(value));
export const wholeNumber = is("a whole number", (value) => Number.isSafeInteger(value));
export const count = is("a whole number of at least 1", (value) => Number.isSafeInteger(value) && Number(value) >= 1);
export const object = is("an object", isObject);

export const oneOf = (words: readonly string[]): Shape =>
  is(words.map((word) => JSON.stringify(word)).join(" or "), (value) => typeof value === "string" && words.includes(value));

export const listOf =
  (what: string, shape: Shape): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) throw invalid(at, `must be a list of ${what}, and is ${kindOf(value)}`);
    for (const [index, item] of value.entries()) shape(item, `${at}[${index}]`);
  };

/** An object with these fields and no others; those of `wanted` must be there. What is undefined is not there. */
export const record =
  (fields: { readonly [field: string]: Shape }, wanted: readonly string[] = []): Shape =>
  (value, at) => {
    object(value, at === "" ? "request" : at);
    const given: readonly (readonly [string, unknown])[] = isObject(value) ? Object.entries(value) : [];
    const place = (field: string): string => (at === "" ? field : `${at}.${field}`);
    for (const [field, inner] of given) {
      const shape = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (inner === undefined) continue;
      if (shape === undefined) throw invalid(place(field), unknown(field, Object.keys(fields)));
      shape(inner, place(field));
    }
    for (const field of wanted)
      if (!given.some(([name, inner]) => name === field && inner !== undefined)) fields[field]?.(undefined, place(field));
  };

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of whatever realm: of a signal only these are used. */
export const isSignal = (value: unknown): value is AbortSignal =>
  isObject(value) &&
  "aborted" in value &&
  "addEventListener" in value &&
  typeof value.addEventListener === "function" &&
  "removeEventListener" in value &&
  typeof value.removeEventListener === "function";

const unknown = (field: string, known: readonly string[]): string =>
  `is not known here${suggestion(field, known) || `; known are ${known.join(", ")}`}`;

/** What a value is, without telling it: it may be a secret. */
function kindOf(value: unknown): string {
  if (value === undefined) return "not there";
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === "") return "empty text";
  if (typeof value === "string") return "other text";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
