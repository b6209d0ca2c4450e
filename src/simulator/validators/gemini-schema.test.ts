import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../canonical/json.ts";
import { jsonSchemaFindings } from "./gemini-json-schema.ts";
import { schemaFindings } from "./gemini-schema.ts";

const string = { type: "STRING" };
const holding = (a: JsonObject): JsonObject => ({ type: "OBJECT", properties: { a } });

const good: readonly (readonly [string, JsonObject])[] = [
  [
    "every type",
    {
      type: "OBJECT",
      properties: { s: string, n: { type: "NUMBER" }, i: { type: "integer" }, b: { type: "BOOLEAN" }, x: { type: "NULL" } },
    },
  ],
  [
    "lists, nullable, required",
    { type: "OBJECT", properties: { a: { type: "ARRAY", items: string, minItems: "1", nullable: true } }, required: ["a"] },
  ],
  ["an enum", holding({ type: "STRING", format: "enum", enum: ["a", "b"] })],
  ["a union", holding({ anyOf: [string, { type: "INTEGER", minimum: 1, maximum: 2.5 }] })],
  ["the protocol's names", { type: "OBJECT", properties: { any_of: { any_of: [string] } }, property_ordering: ["any_of"] }],
  ["a property with a keyword's name", { type: "OBJECT", properties: { properties: string, $ref: string, const: string } }],
  ["a root without properties", { type: "OBJECT" }],
  ["a type by its number", { type: 6, properties: { a: { type: 1 } } }],
  ["default, example, title, pattern", holding({ ...string, default: 1, example: {}, title: "t", pattern: "^a", minLength: 1 })],
];

const bad: readonly (readonly [string, JsonObject, RegExp])[] = [
  ...[
    "$ref",
    "oneOf",
    "allOf",
    "const",
    "additionalProperties",
    "propertyNames",
    "exclusiveMinimum",
    "$schema",
    "$defs",
    "not",
    "uniqueItems",
    "multipleOf",
    "patternProperties",
    "prefixItems",
  ].map((field): readonly [string, JsonObject, RegExp] => [
    field,
    holding({ ...string, [field]: 1 }),
    new RegExp(`properties\\[a\\]: Unknown name "${field.replace("$", "[$]")}": Cannot find`),
  ]),
  ["no type", holding({ description: "d" }), /^\.properties\[a\]\.type: must be specified/],
  ["a list of types", holding({ type: ["STRING", "NULL"] }), /Proto field is not repeating, cannot start list/],
  ["an unknown type", holding({ type: "any" }), /type: Invalid value/],
  ["an enum of numbers", holding({ type: "INTEGER", enum: [1] }), /enum: only allowed for STRING type/],
  ["numbers in an enum of strings", holding({ type: "STRING", enum: [1] }), /enum: Invalid value/],
  ["an empty enum value", holding({ type: "STRING", enum: ["a", ""] }), /enum: cannot be empty/],
  ["an array of nothing", holding({ type: "ARRAY" }), /items: missing field/],
  ["an array within an array of nothing", holding({ type: "ARRAY", items: { type: "ARRAY" } }), /items\.items: missing field/],
  ["an empty object within", holding({ type: "OBJECT", properties: {} }), /properties: should be non-empty for OBJECT type/],
  [
    "an object without properties as an item",
    holding({ type: "ARRAY", items: { type: "OBJECT" } }),
    /items\.properties: should be non-empty/,
  ],
  ["properties of a string", holding({ ...string, properties: { b: string } }), /properties: only allowed for OBJECT/],
  [
    "items beside a union",
    holding({ anyOf: [{ type: "ARRAY", items: string }], items: string }),
    /items: only allowed for ARRAY/,
  ],
  ["a required property that is not there", { ...holding(string), required: ["b"] }, /required\[0\]: property is not defined/],
  ["an empty union", holding({ anyOf: [] }), /any_of: must not be empty/],
  ["a fault in a union", holding({ anyOf: [string, {}] }), /any_of\[1\]\.type: must be specified/],
  ["a count that is none", holding({ ...string, minLength: 1.5 }), /min_length: Invalid value/],
  ["a bound in words", holding({ type: "NUMBER", minimum: "1" }), /minimum: Invalid value/],
  ["nullable in words", holding({ ...string, nullable: "true" }), /nullable: Invalid value/],
];

for (const [name, schema] of good) test(`accepted: ${name}`, () => assert.deepEqual(schemaFindings(schema), []));
for (const [name, schema, sentence] of bad)
  test(`refused: ${name}`, () => assert.match(schemaFindings(schema).join("\n"), sentence));

test("a schema that has no end is refused, not followed", () => {
  let deep: JsonObject = string;
  for (let i = 0; i < 200; i++) deep = { type: "ARRAY", items: deep };
  assert.match(schemaFindings(holding(deep)).join(), /nested too deeply/);
});

test("JSON Schema: the documented subset", () => {
  const node = { type: "object", properties: { next: { $ref: "#/$defs/node" }, n: { type: ["integer", "null"], minimum: 1 } } };
  assert.deepEqual(jsonSchemaFindings({ $ref: "#/$defs/node", $defs: { node } }), []);
  assert.deepEqual(
    jsonSchemaFindings({ type: "array", prefixItems: [{ enum: ["a", 1] }], items: { oneOf: [{ type: "string" }] }, maxItems: 2 }),
    [],
  );
  const refused: readonly (readonly [JsonObject, RegExp])[] = [
    [{ allOf: [] }, /'allOf' is not supported/],
    [{ properties: { a: { const: 1 } } }, /^\.properties\[a\]: 'const' is not supported/],
    [{ items: { not: {} } }, /^\.items: 'not'/],
    [{ $ref: "#/$defs/none" }, /leads nowhere/],
    [{ $ref: "#/$defs/a", description: "d", $defs: { a: {} } }, /beside \$ref no other field may be set \(description\)/],
    [{ type: "OBJEKT" }, /unknown type/],
    [{ enum: [true] }, /only strings and numbers/],
  ];
  for (const [schema, sentence] of refused) assert.match(jsonSchemaFindings(schema).join("\n"), sentence);
});
