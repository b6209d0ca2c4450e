import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import { jsonSchemaFindings } from "../../../simulator/validators/gemini-json-schema.ts";
import { schemaFindings } from "../../../simulator/validators/gemini-schema.ts";
import { Allowance, compileSchema, type Dialect } from "./index.ts";
import { asSent } from "./testing/as-sent.ts";
import { diceOf, instanceOf } from "./testing/instances.ts";
import { checkOf, strictFindings } from "./testing/judges.ts";

const refusals: { readonly [dialect in Dialect]: (schema: JsonObject) => readonly string[] } = {
  "gemini-openapi": schemaFindings,
  "gemini-json-schema": jsonSchemaFindings,
  "openai-strict": strictFindings,
};
const dialects = ["gemini-openapi", "gemini-json-schema", "openai-strict"] as const;

/** Levels of a schema, the innermost first. */
const nested = (levels: number, wrap: (inner: Json) => JsonObject): JsonObject => {
  let schema: Json = { type: "string" };
  for (let level = 0; level < levels; level++) schema = wrap(schema);
  return isObject(schema) ? schema : {};
};

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `p${at}`);

const odd: { readonly [what: string]: JsonObject } = {
  "1,000 levels of objects": nested(1000, (inner) => ({ type: "object", properties: { a: inner } })),
  "1,000 levels of lists": nested(1000, (items) => ({ type: "array", items })),
  "1,000 levels of unions": nested(1000, (inner) => ({ anyOf: [inner, { type: "null" }, { type: "integer" }] })),
  "1,000 levels of allOf": nested(1000, (inner) => ({ allOf: [inner, { minLength: 1 }] })),
  "1,000 levels of not": { type: "object", properties: { a: nested(1000, (not) => ({ not })) } },
  "a reference to itself": { $ref: "#" },
  "references in a circle": { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { allOf: [{ $ref: "#/$defs/a" }] } } },
  "a union of itself": { anyOf: [{ $ref: "#" }, { type: "object", properties: { a: { $ref: "#" } } }] },
  "2^40 nodes": {
    $ref: "#/$defs/d0",
    $defs: Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at}`,
        { type: "object", properties: { a: { $ref: `#/$defs/d${at + 1}` }, b: { $ref: `#/$defs/d${at + 1}` } } },
      ]),
    ),
  },
  "2^40 alternatives": {
    type: "object",
    properties: { a: { allOf: Array.from({ length: 40 }, () => ({ anyOf: [{ minimum: 1 }, { maximum: 9 }] })) } },
  },
  "self-references through everything": {
    type: "object",
    properties: Object.fromEntries(names(30).map((name) => [name, { $ref: "#" }])),
    additionalProperties: { $ref: "#" },
    patternProperties: { a: { $ref: "#" } },
  },
  "20,000 properties": {
    type: "object",
    properties: Object.fromEntries(names(20_000).map((name) => [name, { type: "string", description: "x".repeat(20) }])),
  },
  "50,000 values": { type: "object", properties: { a: { enum: [...names(50_000), ...names(50_000).keys()] } } },
  "50,000 objects as values, twice": {
    type: "object",
    properties: { a: { allOf: [1, 2].map(() => ({ enum: names(50_000).map((id) => ({ id })) })) } },
  },
  "20,000 descriptions": { allOf: names(20_000).map((description) => ({ description, properties: { a: { description } } })) },
  "a long description in every turn": {
    type: "object",
    description: "x".repeat(10_000),
    properties: Object.fromEntries(names(20).map((name) => [name, { $ref: "#" }])),
  },
  contradictions: {
    type: "object",
    properties: {
      a: { allOf: [{ type: "string" }, { type: "integer" }] },
      b: { type: "string", anyOf: [{ type: "integer" }] },
      c: { enum: [] },
    },
    required: ["a", "c"],
  },
  "words that objects know": JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"$ref":"#/$defs/__proto__"},"toString":{"$ref":"#toString"}},"required":["__proto__","hasOwnProperty"]}',
  ),
  "nothing where it should be": JSON.parse(
    '{"type":["object",7,null],"properties":{"a":null,"b":7,"c":[],"d":"x"},"required":"a","anyOf":{},"oneOf":[],"allOf":7,"enum":"x","items":7,"$ref":7,"minLength":"x","nullable":"yes","description":7}',
  ),
  "bad percents": { $ref: "#/%zz/%E0%A4%A" },
};

describe("#20: strange schemas", () => {
  for (const [what, schema] of Object.entries(odd)) {
    it(`${what}: are said in bounded time and size`, () => {
      for (const dialect of dialects) {
        for (const use of ["arguments", "answer"] as const) {
          const began = performance.now();
          const compiled = compileSchema(schema, dialect, use);
          const took = performance.now() - began;
          assert.ok(took < 1500, `${took} ms`);
          assert.ok(JSON.stringify(compiled.schema).length < 8_000_000);
          assert.ok(compiled.losses.length <= 64);
          if (use === "arguments") assert.deepEqual(refusals[dialect](compiled.schema).slice(0, 3), []);
          for (const value of [null, 1, "x", [], {}, [{ key: 1 }], { a: { a: "{" } }]) compiled.restore(value);
        }
      }
    });
  }
});

const leaf: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "integer", "number", "boolean", "null") }),
  fc.record({ type: fc.uniqueArray(fc.constantFrom("string", "integer", "boolean", "null"), { minLength: 1 }) }),
  fc.record({
    enum: fc.uniqueArray(fc.constantFrom<Json>("a", "b", "", "1", 1, 2, 0.5, true, false, null), {
      minLength: 1,
      selector: (value) => JSON.stringify(value),
    }),
  }),
  fc.record({ const: fc.constantFrom<Json>("a", 1, true, null) }),
  fc.record({ type: fc.constant("integer"), minimum: fc.integer({ min: -3, max: 3 }), maximum: fc.integer({ min: 4, max: 9 }) }),
  fc.record({ type: fc.constant("string"), description: fc.string(), nullable: fc.constant(true) }),
  fc.constant({}),
);

const { schema: anySchema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .record({
        properties: fc.dictionary(fc.constantFrom("a", "b", "c-d", "$e", "", "value"), tie("schema"), { maxKeys: 4 }),
        required: fc.subarray(["a", "b", "c-d", "$e", ""]),
        closed: fc.boolean(),
      })
      .map(({ properties, required, closed }) => ({
        type: "object",
        properties,
        required: required.filter((name) => Object.hasOwn(properties, name)),
        ...(closed && { additionalProperties: false }),
      })),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({
      type: fc.constant("array"),
      prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
      items: fc.constant(false),
    }),
    fc.record({ type: fc.constant("object"), additionalProperties: tie("schema") }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.tuple(tie("schema")) }),
    fc.record({ $ref: fc.constant("#/$defs/shared"), description: fc.string() }),
  ),
}));

const shared: JsonObject = {
  type: "object",
  properties: { id: { enum: [1, 2] }, next: { $ref: "#/$defs/shared" } },
  required: ["id"],
};

describe("#20: the schemas of one request", () => {
  for (const dialect of dialects) {
    it(`are bounded together in ${dialect}, and each is taken`, () => {
      const allowance = new Allowance();
      let size = 0;
      for (let tool = 0; tool < 200; tool++) {
        const { schema, losses } = compileSchema(odd["2^40 nodes"] ?? {}, dialect, "arguments", allowance);
        assert.deepEqual(refusals[dialect](schema), []);
        assert.notEqual(losses.length, 0);
        size += JSON.stringify(schema).length;
      }
      assert.ok(size < 8_000_000, `${size} characters`);
    });
  }
});

/**
 * The same for everybody; other seeds look further. Known to fail: -322284660, where two alternatives are lists that only the number
 * of their items tells apart, which Google's dialect cannot say.
 */
const drawn = Number(process.env["POLYGATE_FUZZ_SEED"] ?? 20_261_120);

describe("#20: any schema", () => {
  for (const dialect of dialects) {
    it(`is taken in ${dialect}, and its values come back valid`, (t) => {
      let back = 0;
      let unsaid = 0;
      fc.assert(
        fc.property(anySchema, fc.nat(), (inner, seed) => {
          const given = { type: "object", properties: { p: inner }, required: ["p"], $defs: { shared } };
          const compiled = compileSchema(given, dialect);
          assert.deepEqual(refusals[dialect](compiled.schema), []);
          const check = checkOf(given);
          if (check === undefined) return;
          const dice = diceOf(seed);
          for (let round = 0; round < 4; round++) {
            const value = instanceOf(given, given, dice);
            if (!check(value)) continue;
            let sent: Json;
            try {
              sent = asSent(value, compiled.schema, dialect === "openai-strict");
            } catch (thrown) {
              // What was lost may be what the value needs.
              if (compiled.losses.length === 0) throw thrown;
              unsaid++;
              continue;
            }
            const restored = compiled.restore(sent);
            if (!check(restored) && compiled.losses.some(({ detail }) => detail.startsWith("the order of the items"))) {
              unsaid++;
              continue;
            }
            assert.ok(check(restored), JSON.stringify({ value, sent, restored }));
            back++;
          }
        }),
        { numRuns: 500, seed: drawn },
      );
      t.diagnostic(`${dialect}: ${back} values of random schemas came back valid, ${unsaid} could not be said`);
      assert.ok(back > 200 && unsaid < back / 5);
    });
  }

  it("never throws, whatever JSON it is", () => {
    const keyword = fc.constantFrom(
      ..."type properties items anyOf oneOf allOf enum const $ref $defs required additionalProperties not if then prefixItems nullable minimum format".split(
        " ",
      ),
    );
    const { node } = fc.letrec<{ node: Json }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.jsonValue({ maxDepth: 1 }),
        fc.constantFrom("#", "#/$defs/a", "string", "object"),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(keyword, tie("node"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(keyword, node), node, (schema, value) => {
        for (const dialect of dialects) {
          const compiled = compileSchema(schema, dialect);
          if (compiled.schema !== schema) assert.deepEqual(refusals[dialect](compiled.schema), []);
          compiled.restore(value);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
