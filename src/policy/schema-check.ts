import { createContext, isContext, Script } from "node:vm";
import { type Schema, Validator } from "@cfworker/json-schema";
import type { Json, JsonObject } from "../canonical/json.ts";

/** Where a value breaks its schema. */
export interface SchemaFault {
  /** JSON pointer into the value, `#` for the whole. */
  readonly path: string;
  readonly message: string;
}

/** How long one check may hold up all other calls. Enough for answers of a megabyte. */
const longestMs = 250;

/**
 * The deepest fault of a value against a JSON Schema (2020-12), or undefined. The schema is a caller's: it is interpreted, never
 * compiled to code, and its patterns, unions and references could keep a processor busy for hours. "unchecked" is what cannot
 * be told in time, and what a schema that leads nowhere says (a reference to itself, to what is not there, a malformed pattern).
 */
export function schemaFault(value: Json, schema: JsonObject): SchemaFault | "unchecked" | undefined {
  // The validator writes into the schema.
  const own: Schema = JSON.parse(JSON.stringify(schema));
  let fault: SchemaFault | undefined;
  try {
    within(longestMs, () => {
      const { valid, errors } = new Validator(own, "2020-12", true).validate(value);
      const last = errors.at(-1);
      if (!valid && last !== undefined) fault = { path: last.instanceLocation, message: last.error.replace(/\.$/, "") };
    });
  } catch {
    return "unchecked";
  }
  return fault;
}

/** Where tasks are called from. A context costs more than a millisecond, so one is made, when first needed, and kept. */
const room: { task?: (() => void) | undefined } = {};
const call = new Script("task()");

/** Runs a task that may not end by itself; throws once its time is over. Node's watchdog stops even a pattern amid its search. */
export function within(ms: number, task: () => void): void {
  room.task = task;
  if (!isContext(room)) createContext(room);
  try {
    call.runInContext(room, { timeout: ms });
  } finally {
    room.task = undefined;
  }
}
