import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { fitSchema } from "./schema.ts";

test("objects are closed at every depth and unsupported keywords are told in words", () => {
  const { schema, changes } = fitSchema({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      code: { type: "string", pattern: "^a", minLength: 2, description: "The code." },
      when: { type: ["string", "null"], format: "date-time" },
      odd: { type: "string", format: "phone" },
      list: { type: "array", items: { $ref: "#/$defs/item" }, minItems: 1, maxItems: 3 },
      either: { oneOf: [{ type: "object", properties: {} }, { type: "null" }] },
    },
    required: ["code"],
    additionalProperties: { type: "string" },
    $defs: { item: { type: "object", properties: { n: { type: "number" } } } },
  });
  assert.deepEqual(schema, {
    type: "object",
    properties: {
      code: { type: "string", description: 'The code.\n\n{pattern: "^a", minLength: 2}' },
      when: { type: ["string", "null"], format: "date-time" },
      odd: { type: "string", description: '{format: "phone"}' },
      list: { type: "array", items: { $ref: "#/$defs/item" }, minItems: 1, description: "{maxItems: 3}" },
      either: { anyOf: [{ type: "object", properties: {}, additionalProperties: false }, { type: "null" }] },
    },
    required: ["code"],
    additionalProperties: false,
    $defs: { item: { type: "object", properties: { n: { type: "number" } }, additionalProperties: false } },
    description: '{additionalProperties: {"type":"string"}}',
  });
  assert.deepEqual(changes, [
    "$.properties.code: pattern, minLength",
    "$.properties.odd: format",
    "$.properties.list: maxItems",
    "$: additionalProperties",
  ]);
});

test("alternatives of which several may fit are told as changed; those that exclude each other are not", () => {
  const changed = (...oneOf: readonly JsonObject[]): readonly string[] =>
    fitSchema({ type: "object", properties: { p: { oneOf } }, $defs: { S: { type: "string" } } }).changes;
  assert.deepEqual(changed({ $ref: "#/$defs/S" }, { type: "null" }), []);
  assert.deepEqual(changed({ $ref: "#/$defs/S" }, { const: "a" }), ["$.properties.p: oneOf"]);
});

const supported = new Set(
  "type enum const title description default required $ref properties $defs definitions items anyOf allOf format minItems additionalProperties".split(
    " ",
  ),
);

function check(schema: Json, named: boolean): void {
  if (!isObject(schema)) return;
  for (const [name, value] of Object.entries(schema)) {
    if (!named) assert(supported.has(name), name);
    if (name === "additionalProperties" && !named) assert.equal(value, false);
    if (value === undefined || ["default", "const", "enum"].includes(name)) continue;
    if (isArray(value)) for (const inner of value) check(inner, false);
    else check(value, !named && ["properties", "$defs", "definitions"].includes(name));
  }
}

test("no unsupported keyword survives, whatever the schema", () => {
  const names = fc.constantFrom(
    "minimum",
    "pattern",
    "maxLength",
    "if",
    "not",
    "patternProperties",
    "title",
    "format",
    "minItems",
    "x-y",
  );
  const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.tuple(names, fc.oneof(fc.constant("uri"), fc.nat(3))).map(([name, value]) => ({ type: "string", [name]: value })),
      fc.dictionary(fc.constantFrom("a", "minimum", "not"), tie("schema")).map((properties) => ({ type: "object", properties })),
      tie("schema").map((items) => ({ type: "array", items, uniqueItems: true })),
      fc
        .tuple(fc.constantFrom("anyOf", "oneOf", "allOf"), fc.array(tie("schema"), { maxLength: 2 }))
        .map(([name, list]) => ({ [name]: list })),
    ),
  }));
  fc.assert(fc.property(schema, (given) => check(fitSchema(given).schema, false)));
});
