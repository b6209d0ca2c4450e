import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../canonical/json.ts";
import { compileSchema } from "./index.ts";

const kinds = ["string", "number", "integer", "boolean", "array", "object", "null"] as const;

/** Whether `oneOf` of these is said without a loss. */
function isWhole(alternatives: readonly Json[], over: JsonObject = {}): boolean {
  const schema = {
    type: "object",
    properties: { p: { ...over, oneOf: alternatives } },
    required: ["p"],
    ...(over["$defs"] && { $defs: over["$defs"] }),
  };
  const { losses } = compileSchema(schema, "gemini-json-schema");
  return !losses.some(({ at }) => at === "properties.p.oneOf");
}

const tagged = (tag: string, more: JsonObject = {}): JsonObject => {
  return { type: "object", properties: { kind: { const: tag }, ...more }, required: ["kind"] };
};

describe("oneOf", () => {
  it("demands the same as anyOf where no value fits two alternatives", () => {
    assert(isWhole([{ type: "string" }, { type: "null" }]));
    assert(isWhole([{ type: "string" }, { type: ["object", "null"] }, { type: "array" }]));
    assert(isWhole([{ const: 1 }, { const: 2 }, { enum: ["1", true] }]));
    assert(isWhole([tagged("a"), tagged("b", { x: {} }), { type: "string" }]));
    assert(isWhole([{ properties: { kind: { enum: ["a"] } }, required: ["kind"] }, tagged("b")], { type: "object" }));
    const deep = (tag: string): JsonObject => ({ type: "object", properties: { inner: tagged(tag) }, required: ["inner"] });
    assert(isWhole([deep("a"), deep("b")]));
    assert(
      isWhole([
        { type: "object", required: ["a"] },
        { type: "object", properties: { b: {} }, additionalProperties: false },
      ]),
    );
    assert(isWhole([{ type: "string", minLength: 3 }]));
  });

  it("is approximated where some value may fit two", () => {
    assert(!isWhole([{ type: "string" }, { enum: ["a"] }]));
    assert(!isWhole([{ type: "number" }, { type: "integer" }]));
    assert(!isWhole([{ type: "string", nullable: true }, { type: "null" }]));
    assert(!isWhole([{ enum: ["a"], nullable: true }, { type: "null" }]));
    assert(!isWhole([{ enum: ["a"], nullable: true }, { const: null }]));
    const optional = { ...tagged("b"), required: [] };
    assert(!isWhole([tagged("a"), optional]) && !isWhole([optional, tagged("a")]));
    const anything = ["a", "b"].map((tag) => ({ properties: { kind: { const: tag } }, required: ["kind"] }));
    assert(!isWhole(anything) && isWhole(anything, { type: "object" }));
    assert(!isWhole([tagged("a"), tagged("a", { x: { type: "string" } })]));
    assert(!isWhole([{ required: ["a"] }, { required: ["b"] }], { type: "object" }));
    assert(!isWhole([{ const: { a: 1, b: 2 } }, { const: { b: 2, a: 1 } }]));
    assert(!isWhole([{ type: "string" }, true]));
    assert(
      !isWhole([
        { type: "object", required: ["ax"] },
        { type: "object", patternProperties: { "^a": {} }, additionalProperties: false },
      ]),
    );
  });

  it("follows references, into themselves not for ever", () => {
    const defs = { A: tagged("a"), B: tagged("b"), S: { $ref: "#/$defs/S" } };
    const told = (...alternatives: readonly JsonObject[]): readonly string[] =>
      compileSchema({ type: "object", properties: { p: { oneOf: alternatives } }, $defs: defs }, "gemini-openapi").losses.map(
        ({ at }) => at,
      );
    assert.deepEqual(told({ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }), []);
    assert(told({ $ref: "#/$defs/A" }, { $ref: "#/$defs/A" }).includes("properties.p.oneOf"));
    assert(told({ $ref: "#/$defs/S" }, { $ref: "#/$defs/A" }).includes("properties.p.oneOf"));
  });

  it("is said without a loss only where no instance fits two alternatives", () => {
    const ajv = new Ajv2020({ strict: false });
    const scalar = fc.constantFrom<Json>("a", "b", 1, 1.5, true, null);
    const { schema } = fc.letrec<{ schema: JsonObject; object: JsonObject }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3 },
        fc.record({ type: fc.oneof(fc.constantFrom(...kinds), fc.subarray([...kinds], { minLength: 1 })) }),
        fc.record({ enum: fc.array(scalar, { minLength: 1, maxLength: 2 }) }),
        fc.record({ const: scalar }),
        tie("object"),
      ),
      object: fc.record(
        {
          type: fc.constant("object"),
          properties: fc.dictionary(fc.constantFrom("a", "b"), tie("schema"), { maxKeys: 2 }),
          required: fc.subarray(["a", "b"]),
          additionalProperties: fc.boolean(),
        },
        { requiredKeys: ["properties"] },
      ),
    }));
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 2 },
        scalar,
        fc.constant([]),
        fc.dictionary(fc.constantFrom("a", "b"), tie("value"), { maxKeys: 2 }),
      ),
    }));
    let whole = 0;
    fc.assert(
      fc.property(
        fc.array(schema, { minLength: 2, maxLength: 3 }),
        fc.array(value, { minLength: 8, maxLength: 20 }),
        (some, values) => {
          if (!isWhole(some)) return;
          whole++;
          const checks = some.map((one) => ajv.compile(one));
          for (const one of values) assert(checks.filter((fits) => fits(one)).length <= 1, JSON.stringify(one));
        },
      ),
      { numRuns: 600 },
    );
    assert(whole > 50, `${whole}`);
  });
});
