import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import fc from "fast-check";
import type { JsonObject } from "../../canonical/json.ts";
import { behaviourOf } from "../models.ts";
import { answer } from "./answer.ts";
import { invent } from "./invent.ts";
import { nothingAsked } from "./nothing.ts";
import { Signer } from "./signer.ts";
import { countTokens, tokens } from "./tokens.ts";

test("tokens join to the text and are counted without being cut", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.array(fc.constantFrom(" ", "\n", "ab", "🙂", "\u00a0", "x".repeat(75))),
      (text, parts) => {
        for (const sample of [text, parts.join("")]) {
          assert.equal(tokens(sample).join(""), sample);
          assert.equal(countTokens(sample), tokens(sample).length);
        }
      },
    ),
  );
});

const schemas: readonly JsonObject[] = [
  { type: "object", properties: {} },
  {
    type: "object",
    properties: { a: { type: "string", minLength: 20 }, b: { type: "integer", minimum: 10, maximum: 12 } },
    required: ["a"],
  },
  {
    type: "object",
    properties: { a: { enum: [null, "x"] }, b: { const: 3 }, c: { type: ["null", "boolean"] } },
    additionalProperties: false,
  },
  { type: "array", items: { type: "number", exclusiveMinimum: 7, multipleOf: 5 }, minItems: 3 },
  { type: "array", items: { type: "string" }, uniqueItems: true, minItems: 4 },
  { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false },
  { anyOf: [{ type: "null" }, { type: "object", properties: { d: { type: "string", format: "date-time" } }, required: ["d"] }] },
  {
    allOf: [{ properties: { a: { type: "string" } }, required: ["a"] }, { $ref: "#/$defs/b" }],
    $defs: { b: { properties: { b: { type: "integer" } }, required: ["b"] } },
  },
  {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: {
          next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
          kids: { type: "array", items: { $ref: "#/$defs/node" } },
        },
        required: ["next", "kids"],
      },
    },
  },
  { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" },
  { type: "string", format: "uuid", maxLength: 36 },
  { type: "object", required: ["unnamed"] },
];

test("invented values conform to their schema and never change", () => {
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  for (const schema of schemas) {
    const value = invent(schema);
    assert.ok(ajv.validate(schema, value), `${JSON.stringify(schema)} ${JSON.stringify(value)} ${ajv.errorsText()}`);
    assert.deepEqual(invent(schema), value);
  }
});

test("a signature holds for its own text and seed only", () => {
  const signer = new Signer("one");
  const signature = signer.sign("thinking", "text");
  assert.ok(signer.signed("thinking", "text", signature));
  assert.ok(!signer.signed("thinking", "text ", signature));
  assert.ok(!signer.signed("redacted", "text", signature));
  assert.ok(!new Signer("two").signed("thinking", "text", signature));
  assert.ok(signer.redacted(signer.redact("nonce")));
  assert.ok(!signer.redacted(`other${signer.redact("nonce").slice(5)}`));
});

test("an agent calls again while a result says so; others answer with what the result says", () => {
  const calls = (model: string, text: string): number | undefined => {
    const tools = [{ name: "look", kind: "function" as const, schema: undefined }];
    const results = [{ name: "look", text }];
    const ask = { ...nothingAsked(model), choices: 1, tools, results, choosing: { type: "auto" as const } };
    return answer(ask, behaviourOf(model), () => "call")[0]?.calls.length;
  };
  assert.deepEqual([calls("agent", "look again"), calls("thinking-agent", "look again")], [1, 1]);
  assert.deepEqual([calls("agent", "against it"), calls("echo", "look again")], [0, 0]);
});
