import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../canonical/json.ts";
import { schemaFault } from "./schema-check.ts";

const person = {
  type: "object",
  properties: { name: { type: "string", minLength: 2, pattern: "^[A-Z]" }, age: { type: "integer", minimum: 0 } },
  required: ["name", "age"],
  additionalProperties: false,
};

const pathOf = (value: Json, schema: JsonObject): string | undefined => {
  const fault = schemaFault(value, schema);
  return fault === "unchecked" ? fault : fault?.path;
};

test("a value that fits has no fault", () => {
  assert.equal(schemaFault({ name: "Ada", age: 36 }, person), undefined);
});

test("a fault is told with its path", () => {
  assert.equal(pathOf({ name: "Ada", age: -1 }, person), "#/age");
  assert.equal(pathOf({ name: "ada", age: 1 }, person), "#/name");
  assert.equal(pathOf({ name: "A", age: 1 }, person), "#/name");
  assert.ok(schemaFault({ name: "Ada" }, person));
  assert.ok(schemaFault({ name: "Ada", age: 1, more: true }, person));
});

test("no schema of a caller holds the process up", () => {
  const fork = (to: string) => ({ anyOf: [{ $ref: to }, { $ref: to }] });
  const forks = Array.from({ length: 40 }, (_, level) => [`d${level}`, fork(`#/$defs/d${level + 1}`)]);
  const defs = { ...Object.fromEntries(forks), d40: { type: "string" } };
  const evil: readonly (readonly [Json, JsonObject])[] = [
    [`${"a".repeat(40)}!`, { pattern: "^(a+)+$" }],
    ["a".repeat(100_000), { pattern: "a*a*b" }],
    [{ [`${"a".repeat(40)}!`]: 1 }, { patternProperties: { "^(a+)+$": {} } }],
    [1, { $ref: "#/$defs/d0", $defs: defs }],
    [Array.from({ length: 100_000 }, (_, at) => [at]), { uniqueItems: true }],
  ];
  for (const [value, schema] of evil) {
    const began = performance.now();
    assert.equal(schemaFault(value, schema), "unchecked");
    assert.ok(performance.now() - began < 3000);
  }
  assert.notEqual(schemaFault({ name: "Ada", age: -1 }, person), "unchecked");
});

test("a property of the name `pattern` is no pattern", () => {
  const schema = { type: "object", properties: { pattern: { type: "number" } } };
  assert.equal(pathOf({ pattern: "x" }, schema), "#/pattern");
});

test("a schema that leads nowhere is not held against the answer", () => {
  assert.equal(schemaFault(1, { $ref: "#/$defs/missing" }), "unchecked");
  assert.equal(schemaFault(1, { $ref: "#" }), "unchecked");
  assert.equal(schemaFault("x", { type: "string", pattern: "[" }), "unchecked");
  assert.equal(schemaFault({ pattern: "(a)+" }, { const: { pattern: "(a)+" } }), undefined);
});
