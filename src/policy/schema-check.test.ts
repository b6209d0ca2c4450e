import assert from "node:assert/strict";
import { test } from "node:test";
import { schemaFault } from "./schema-check.ts";

const person = {
  type: "object",
  properties: { name: { type: "string", minLength: 2, pattern: "^[A-Z]" }, age: { type: "integer", minimum: 0 } },
  required: ["name", "age"],
  additionalProperties: false,
};

test("a value that fits has no fault", () => {
  assert.equal(schemaFault({ name: "Ada", age: 36 }, person), undefined);
});

test("a fault is told with its path", () => {
  assert.equal(schemaFault({ name: "Ada", age: -1 }, person)?.path, "#/age");
  assert.equal(schemaFault({ name: "ada", age: 1 }, person)?.path, "#/name");
  assert.equal(schemaFault({ name: "A", age: 1 }, person)?.path, "#/name");
  assert.ok(schemaFault({ name: "Ada" }, person));
  assert.ok(schemaFault({ name: "Ada", age: 1, more: true }, person));
});

test("a pattern that could run for hours is left out, the rest of the schema holds", () => {
  const evil = { type: "object", properties: { x: { type: "string", pattern: "^(a+)+$" }, y: { type: "number" } } };
  assert.equal(schemaFault({ x: `${"a".repeat(40)}!`, y: 1 }, evil), undefined);
  assert.equal(schemaFault({ x: "a", y: "no" }, evil)?.path, "#/y");
});

test("a property of the name `pattern` is no pattern", () => {
  const schema = { type: "object", properties: { pattern: { type: "number" } } };
  assert.equal(schemaFault({ pattern: "x" }, schema)?.path, "#/pattern");
});

test("a schema that leads nowhere is not held against the answer", () => {
  assert.equal(schemaFault(1, { $ref: "#/$defs/missing" }), undefined);
  assert.equal(schemaFault(1, { $ref: "#" }), undefined);
  assert.equal(schemaFault("x", { type: "string", pattern: "[" }), undefined);
});
