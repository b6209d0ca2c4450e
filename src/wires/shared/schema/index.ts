import type { Json, JsonObject } from "../../../canonical/json.ts";
import { isArray, isObject } from "../../../canonical/json.ts";
import { areExclusive } from "./exclusive.ts";
import type { Made } from "./restore.ts";
import { sayerOf } from "./say.ts";
import { type Sayer, spelled } from "./sayer.ts";
import type { Compiled, Dialect, Use } from "./schema.ts";
import { speeches } from "./speech.ts";
import { strictAlready } from "./strict-already.ts";
import { Allowance, each, Work } from "./work.ts";

export { type Restores, restoring } from "./restoring.ts";
export type { Compiled, Dialect, Restore, Use } from "./schema.ts";
export { Allowance } from "./work.ts";

/**
 * Says a JSON Schema (or OpenAPI's or Google's own spelling of one) in a dialect. Never throws, whatever it is given; time and
 * size are bounded. A root that the dialect does not take (arguments that are no object, a union at the root in strict mode) is
 * wrapped in an object of one property, `value`, which `restore` takes off again.
 *
 * @param allowance shared by all schemas of one request
 */
export function compileSchema(
  schema: JsonObject,
  dialect: Dialect,
  use: Use = "arguments",
  allowance: Allowance = new Allowance(),
): Compiled {
  if (dialect === "openai-strict" && strictAlready(schema)) return { schema, losses: [], restore: unchanged, coerces: false };
  const speech = speeches[dialect];
  const work = new Work(schema, allowance);
  const sayer = sayerOf(speech, work, use);
  const made = rooted(sayer.say([[{ schema, at: "", trail: { target: schema, up: undefined } }]], 0), sayer);
  return { schema: made.schema, losses: work.losses, restore: made.restore ?? unchanged, coerces: made.restore !== undefined };
}

/** Whether no value fits two alternatives of the schema's `oneOf`, so that `anyOf` demands the same. @param root holds what is referred to */
export function isExclusive(schema: JsonObject, root: JsonObject): boolean {
  const { oneOf, type, discriminator } = schema;
  if (!isArray(oneOf) || discriminator !== undefined) return true;
  return areExclusive(each({ schema, at: "", trail: undefined }, "oneOf", oneOf), type, new Work(root, new Allowance()));
}

const unchanged = (value: Json): Json => value;

function rooted(made: Made | undefined, sayer: Sayer): Made {
  const { speech, use } = sayer;
  const object = spelled(sayer, "object");
  const closed = speech.strict ? { required: [], additionalProperties: false } : {};
  if (made === undefined) return { schema: { type: object, properties: {}, ...closed } };
  const { nullable: _, ...plain } = made.schema;
  if (plain["type"] === object) return use === "arguments" ? { ...made, schema: plain } : made;
  if (use === "answer" && !speech.strict) return made;
  const { restore } = made;
  const schema: JsonObject = { type: object, properties: { value: made.schema }, ...closed, required: ["value"] };
  return {
    schema,
    restore: (value) => {
      const inner = isObject(value) && value["value"] !== undefined && Object.keys(value).length === 1 ? value["value"] : value;
      return restore === undefined ? inner : restore(inner);
    },
  };
}
