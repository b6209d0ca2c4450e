import { type Schema, Validator } from "@cfworker/json-schema";
import type { Json, JsonObject } from "../canonical/json.ts";

/** Where a value breaks its schema. */
export interface SchemaFault {
  /** JSON pointer into the value, `#` for the whole. */
  readonly path: string;
  readonly message: string;
}

/**
 * The deepest fault of a value against a JSON Schema (2020-12), or undefined. The schema is a caller's: it is interpreted, never
 * compiled to code, and patterns that could keep a processor busy for hours are left unchecked, as is a schema that leads
 * nowhere (a reference to itself, to what is not there, a malformed pattern).
 */
export function schemaFault(value: Json, schema: JsonObject): SchemaFault | undefined {
  const checked: Schema = JSON.parse(
    JSON.stringify(schema, (key, member: unknown) => (isRisky(key, member) ? undefined : member)),
  );
  try {
    const { valid, errors } = new Validator(checked, "2020-12", true).validate(value);
    const fault = errors.at(-1);
    if (valid || fault === undefined) return undefined;
    return { path: fault.instanceLocation, message: fault.error.replace(/\.$/, "") };
  } catch {
    return undefined;
  }
}

const longestPattern = 256;

/** A pattern that repeats a group, refers back, or has more than two open repetitions can take exponential or cubic time. */
function isRisky(key: string, member: unknown): boolean {
  if (key !== "pattern" || typeof member !== "string") return false;
  const open = member.match(/[*+]|\{\d+,\}/g)?.length ?? 0;
  return member.length > longestPattern || open > 2 || /\)[*+{?]|\\[1-9]|\\k</.test(member);
}
