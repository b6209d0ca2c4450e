import type { Limit } from "./bag.ts";
import type { Dialect } from "./schema.ts";
import type { Shape } from "./shapes.ts";

/** What a dialect can say. */
export interface Speech {
  readonly dialect: Dialect;
  /** Spelling of types: `STRING` or `string`. */
  readonly upper: boolean;
  /** Kinds whose lists of values can be given as they are; other values are spelled as text and put back. */
  readonly lists: ReadonlySet<Shape["kind"]>;
  readonly limits: ReadonlySet<Limit>;
  /** Formats by kind. */
  readonly formats: { readonly [kind in "string" | "number" | "integer"]?: ReadonlySet<string> };
  /** Null: a flag, or a type of its own beside the others. */
  readonly nullFlag: boolean;
  /** Nothing may stand beside `anyOf`. */
  readonly bareUnions: boolean;
  /** `prefixItems` is known. */
  readonly tuples: boolean;
  /**
   * Objects with properties of any name: `additionalProperties` holds them (`schema`), or objects must name all they have, and
   * maps are given as a list of entries or as JSON text (`entries`).
   */
  readonly maps: "schema" | "entries";
  /** An object without properties is taken anywhere, not only at the root. */
  readonly emptyObjects: boolean;
  /** Every property is required and every object closed; optional ones may be null. */
  readonly strict: boolean;
  /** Names of properties that are taken as they are. */
  readonly names: RegExp | undefined;
  /** How deep values may nest. */
  readonly deepest: number;
}

const set = <T extends string>(...names: readonly T[]): ReadonlySet<T> => new Set(names);

/*
 * Google: the `Schema` and `GenerationConfig._responseJsonSchema` of the discovery document; formats of strings and empty names
 * by the errors the API gives; names of parameters by `tool.proto`. OpenAI: the guide to structured outputs, "Supported schemas".
 */
export const speeches: { readonly [name in Dialect]: Speech } = {
  "gemini-openapi": {
    dialect: "gemini-openapi",
    upper: true,
    lists: set("string"),
    limits: set(
      "minLength",
      "maxLength",
      "pattern",
      "minimum",
      "maximum",
      "minItems",
      "maxItems",
      "minProperties",
      "maxProperties",
    ),
    formats: { string: set("date-time"), number: set("float", "double"), integer: set("int32", "int64") },
    nullFlag: true,
    bareUnions: true,
    tuples: false,
    maps: "entries",
    emptyObjects: false,
    strict: false,
    names: /^[A-Za-z_]\w{0,63}$/,
    deepest: 14,
  },
  "gemini-json-schema": {
    dialect: "gemini-json-schema",
    upper: false,
    lists: set("string", "number", "integer"),
    limits: set("minimum", "maximum", "minItems", "maxItems"),
    formats: { string: set("date-time", "date", "time") },
    nullFlag: false,
    bareUnions: false,
    tuples: true,
    maps: "schema",
    emptyObjects: true,
    strict: false,
    names: undefined,
    deepest: 14,
  },
  "openai-strict": {
    dialect: "openai-strict",
    upper: false,
    lists: set("string", "number", "integer", "boolean"),
    limits: set("pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
    formats: {
      string: set("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"),
    },
    nullFlag: false,
    bareUnions: false,
    tuples: false,
    maps: "entries",
    emptyObjects: true,
    strict: true,
    names: undefined,
    // The limit is ten levels of objects; a list of entries is one more.
    deepest: 9,
  },
};
