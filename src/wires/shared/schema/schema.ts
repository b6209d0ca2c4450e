import type { Json, JsonObject } from "../../../canonical/json.ts";

/*
 * The schema compiler: a JSON Schema, as a caller wrote it, said in the words that a provider takes. Providers refuse a whole
 * request for one keyword they do not know, and constrain generation by what they do know; so a schema is not filtered but
 * translated: references are followed, unions and nulls folded, values spelled as the provider demands, and what cannot be said
 * is told in the description, where the model still reads it. What was spelled otherwise is put back on the reply (`restore`).
 */

/**
 * - `gemini-openapi`: Google's `Schema` (`parameters`, `responseSchema`).
 * - `gemini-json-schema`: the subset of JSON Schema that `parametersJsonSchema` and `responseJsonSchema` document.
 * - `openai-strict`: what OpenAI takes with `strict: true`.
 */
export type Dialect = "gemini-openapi" | "gemini-json-schema" | "openai-strict";

/** What the schema is of: a tool's arguments (always an object) or an answer (any JSON, its properties in the order given). */
export type Use = "arguments" | "answer";

/** Something the compiled schema does not hold the model to. */
export interface Loss {
  /** Where in the given schema, e.g. `properties.a.pattern` or `$defs.Node.anyOf[1]`; empty for the whole. */
  readonly at: string;
  /** `approximated`: told in the description, or said less exactly. `dropped`: not said at all. */
  readonly kind: "dropped" | "approximated";
  readonly detail: string;
}

/** Puts a value into the form in which the given schema wants it. Never throws; what it does not know it leaves as it is. */
export type Restore = (value: Json) => Json;

export interface Compiled {
  readonly schema: JsonObject;
  /** Each place once; at most 64. Empty: the provider holds the model to all that was asked. */
  readonly losses: readonly Loss[];
  /**
   * What a model gave under `schema`, as the given schema wants it: numbers that were spelled as text, nulls that stand for
   * absent, renamed properties, wrapped roots. Works on whole values only.
   */
  readonly restore: Restore;
  /**
   * Whether `restore` may change anything. While false, arguments and answers can be passed on as they stream; while true, a
   * codec has to hold a call's arguments (or the answer's text) back until they are whole, restore them, and send them in one delta.
   */
  readonly coerces: boolean;
}
