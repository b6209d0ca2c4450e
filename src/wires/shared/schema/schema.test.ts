import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Json, JsonObject } from "../../../canonical/json.ts";
import { compileSchema, type Dialect } from "./index.ts";

const property = (schema: Json, dialect: Dialect = "gemini-openapi", defs: JsonObject = {}): Json | undefined => {
  const compiled = compileSchema({ type: "object", properties: { p: schema }, required: ["p"], $defs: defs }, dialect);
  const { properties } = compiled.schema;
  return typeof properties === "object" && properties !== null && "p" in properties ? properties["p"] : undefined;
};

const restored = (schema: Json, value: Json): Json | undefined => {
  const whole = compileSchema({ type: "object", properties: { p: schema }, required: ["p"] }, "gemini-openapi").restore({
    p: value,
  });
  return typeof whole === "object" && whole !== null && "p" in whole ? whole["p"] : undefined;
};

const lossesOf = (schema: JsonObject, dialect: Dialect = "gemini-openapi"): readonly string[] =>
  compileSchema(schema, dialect).losses.map(({ kind, at }) => `${kind} ${at}`);

describe("#20: schemas for Gemini", () => {
  it("fold nulls", () => {
    const folded = { type: "STRING", nullable: true };
    assert.deepEqual(property({ type: ["string", "null"] }), folded);
    assert.deepEqual(property({ anyOf: [{ type: "string" }, { type: "null" }] }), folded);
    assert.deepEqual(property({ oneOf: [{ type: "null" }, { type: "string" }] }), folded);
    assert.deepEqual(property({ type: "string", nullable: true }), folded);
    assert.deepEqual(property({ anyOf: [{ type: "string" }, { const: null }] }), folded);
    assert.deepEqual(property({ type: "null" }), { type: "NULL" });
  });

  it("follow references, whatever stands beside them", () => {
    const defs = { Cfg: { type: "object", properties: { on: { type: "boolean" } }, required: ["on"], description: "A config." } };
    const whole = { type: "OBJECT", description: "A config.", properties: { on: { type: "BOOLEAN" } }, required: ["on"] };
    assert.deepEqual(property({ $ref: "#/$defs/Cfg" }, "gemini-openapi", defs), whole);
    assert.deepEqual(property({ allOf: [{ $ref: "#/$defs/Cfg" }] }, "gemini-openapi", defs), whole);
    const beside = { $ref: "#/$defs/Cfg", description: "This one.", nullable: true, properties: { off: { type: "boolean" } } };
    assert.deepEqual(property(beside, "gemini-openapi", defs), {
      type: "OBJECT",
      description: "A config.\nThis one.",
      properties: { on: { type: "BOOLEAN" }, off: { type: "BOOLEAN" } },
      required: ["on"],
      nullable: true,
    });
    const anchored = {
      type: "object",
      properties: { p: { $ref: "#a" }, q: { $ref: "#/properties/p" } },
      definitions: { x: { $anchor: "a", type: "integer" } },
    };
    assert.deepEqual(compileSchema(anchored, "gemini-openapi").schema["properties"], {
      p: { type: "INTEGER" },
      q: { type: "INTEGER" },
    });
    const lost = compileSchema({ type: "object", properties: { p: { $ref: "#/nowhere", type: "string" } } }, "gemini-openapi");
    assert.deepEqual(lost.losses, [{ at: "properties.p.$ref", kind: "dropped", detail: "#/nowhere leads nowhere" }]);
  });

  it("describe a schema that contains itself, to a limited depth", () => {
    const tree = {
      type: "object",
      properties: { v: { type: "integer" }, kids: { type: "array", items: { $ref: "#" } } },
      required: ["v"],
    };
    const compiled = compileSchema(tree, "gemini-openapi");
    const text = JSON.stringify(compiled.schema);
    assert.ok(text.includes("Again of the form of the whole") && text.length < 2000);
    assert.deepEqual(
      compiled.losses.map(({ at }) => at),
      ["properties.kids.items.$ref"],
    );
    const value = { v: 1, kids: [{ v: 2, kids: [{ v: 3, kids: ['{"v":4}'] }] }] };
    assert.deepEqual(compiled.restore(value), { v: 1, kids: [{ v: 2, kids: [{ v: 3, kids: [{ v: 4 }] }] }] });
  });

  it("spell lists of values as text and put them back as what they were", () => {
    assert.deepEqual(property({ type: "integer", enum: [1, 2, 3] }), { type: "STRING", enum: ["1", "2", "3"] });
    assert.equal(restored({ type: "integer", enum: [1, 2, 3] }, "2"), 2);
    assert.equal(restored({ type: "integer", enum: [1, 2, 3] }, 2), 2);
    assert.deepEqual(property({ const: "a" }), { type: "STRING", enum: ["a"] });
    assert.equal(restored({ const: true }, "true"), true);
    assert.deepEqual(property({ enum: ["a", 1, "1", true, null, ""] }), {
      type: "STRING",
      enum: ["a", "1", "(empty)", "(1)", "true"],
      nullable: true,
    });
    for (const [given, wanted] of [
      ["(1)", 1],
      ["1", "1"],
      ["true", true],
      ["(empty)", ""],
      ["else", "else"],
    ] as const) {
      assert.equal(restored({ enum: ["a", 1, "1", true, null, ""] }, given), wanted);
    }
    assert.equal(restored({ enum: ["a", 1, null] }, null), null);
    assert.deepEqual(
      restored({ type: "array", items: { type: "object", properties: { n: { enum: [1, 2] } } } }, [{ n: "1" }, { n: "2" }, {}]),
      [{ n: 1 }, { n: 2 }, {}],
    );
    assert.deepEqual(restored({ anyOf: [{ type: "array", items: { enum: [1] } }, { type: "string" }] }, ["1"]), [1]);
    assert.deepEqual(property({ enum: [1, 2] }, "gemini-json-schema"), { type: "integer", enum: [1, 2] });
    assert.deepEqual(property({ enum: [true] }, "gemini-json-schema"), { type: "string", enum: ["true"] });
    assert.deepEqual(property({ type: "boolean", enum: [true, false] }), { type: "BOOLEAN" });
  });

  it("make one list of alternatives that are one value each, and keep what was said of each", () => {
    assert.deepEqual(
      property({
        oneOf: [
          { const: "a", description: "first" },
          { const: "b", description: "second" },
        ],
      }),
      {
        type: "STRING",
        description: '"a": first\n"b": second',
        enum: ["a", "b"],
      },
    );
  });

  it("move what stands beside a union into its branches, and nothing beside it", () => {
    assert.deepEqual(
      property({
        type: ["array", "object", "null"],
        description: "Both.",
        items: { type: "string" },
        properties: { a: { type: "number" } },
        minItems: 1,
      }),
      {
        anyOf: [
          { type: "ARRAY", description: "Both.", minItems: "1", items: { type: "STRING" }, nullable: true },
          { type: "OBJECT", properties: { a: { type: "NUMBER" } }, nullable: true },
        ],
      },
    );
    const shared = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
    assert.deepEqual(
      property({
        ...shared,
        anyOf: [{ properties: { a: { type: "string" } }, required: ["a"] }, { properties: { b: { type: "integer" } } }],
      }),
      {
        anyOf: [
          { type: "OBJECT", properties: { id: { type: "STRING" }, a: { type: "STRING" } }, required: ["id", "a"] },
          { type: "OBJECT", properties: { id: { type: "STRING" }, b: { type: "INTEGER" } }, required: ["id"] },
        ],
      },
    );
  });

  it("merge allOf, and tell in words which properties go together", () => {
    assert.deepEqual(
      property({ allOf: [{ type: "string", minLength: 2 }, { enum: ["ab", "cd"] }, { minLength: 1, maxLength: 9 }] }),
      { type: "STRING", enum: ["ab", "cd"] },
    );
    assert.deepEqual(
      property({
        allOf: [
          { type: "number", minimum: 2 },
          { type: "integer", minimum: 3 },
        ],
      }),
      { type: "INTEGER", minimum: 3 },
    );
    const either = {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "string" } },
      anyOf: [{ required: ["a"] }, { required: ["b"] }],
    };
    assert.deepEqual(compileSchema(either, "gemini-openapi"), {
      ...compileSchema(either, "gemini-openapi"),
      schema: { type: "OBJECT", description: 'Give "a", or "b".', properties: { a: { type: "STRING" }, b: { type: "STRING" } } },
      losses: [{ at: "anyOf", kind: "approximated", detail: "told in the description" }],
    });
  });

  it("always have a type", () => {
    const some = [
      { type: "STRING", description: "Text, or a list or an object as JSON text.", nullable: true },
      { type: "NUMBER", nullable: true },
      { type: "BOOLEAN", nullable: true },
    ];
    assert.deepEqual(property({}), { anyOf: some });
    assert.deepEqual(property(true), { anyOf: some });
    assert.equal(property(false), undefined);
    assert.equal(property({ not: {} }), undefined);
    assert.deepEqual(property({ properties: { a: { type: "string" } } }), {
      type: "OBJECT",
      properties: { a: { type: "STRING" } },
    });
    assert.deepEqual(property({ type: "array" }), { type: "ARRAY", items: { anyOf: some } });
    assert.deepEqual(restored({}, '{"a":[1]}'), { a: [1] });
    assert.equal(restored({}, "5"), "5");
    assert.deepEqual(compileSchema({}, "gemini-openapi").schema, { type: "OBJECT", properties: {} });
  });

  it("tell in words what the dialect has no keyword for, and report it", () => {
    const schema = {
      type: "object",
      properties: {
        a: { type: "number", exclusiveMinimum: 0, multipleOf: 0.5, description: "A." },
        b: { type: "string", format: "email" },
        c: { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 10 },
      },
    };
    assert.deepEqual(compileSchema(schema, "gemini-openapi").schema["properties"], {
      a: { type: "NUMBER", description: "A.\nGreater than 0. A multiple of 0.5." },
      b: { type: "STRING", description: "Format: email." },
      c: { type: "INTEGER", minimum: 1, maximum: 9 },
    });
    assert.deepEqual(lossesOf(schema), [
      "approximated properties.a.exclusiveMinimum",
      "approximated properties.a.multipleOf",
      "approximated properties.b.format",
    ]);
    const rest = {
      type: "object",
      properties: { a: { type: "string", optional: true } },
      propertyNames: { pattern: "^a" },
      ...JSON.parse('{"if":{"required":["a"]},"then":{"required":["b"]}}'),
    };
    assert.deepEqual(lossesOf(rest), ["approximated propertyNames", "approximated if", "dropped properties.a.optional"]);
  });

  it("give maps as lists of entries, and objects of anything as JSON text", () => {
    const map = { type: "object", additionalProperties: { type: "integer" } };
    assert.deepEqual(property(map), {
      type: "ARRAY",
      description: "An object, as the list of its entries.",
      items: { type: "OBJECT", properties: { key: { type: "STRING" }, value: { type: "INTEGER" } }, required: ["key", "value"] },
    });
    assert.deepEqual(restored(map, [{ key: "__proto__", value: 1 }]), JSON.parse('{"__proto__":1}'));
    assert.deepEqual(property(map, "gemini-json-schema"), { type: "object", additionalProperties: { type: "integer" } });
    assert.deepEqual(property({ type: "object" }), { type: "STRING", description: "A JSON object, as text." });
    assert.deepEqual(restored({ type: "object" }, '{"a":1}'), { a: 1 });
    assert.deepEqual(restored({ type: "object" }, { a: 1 }), { a: 1 });
    assert.deepEqual(restored({ type: "object", properties: {}, additionalProperties: false }, "{}"), {});
  });

  it("tell tuples, and restore each item by its place", () => {
    const tuple = { type: "array", prefixItems: [{ type: "string" }, { enum: [1, 2] }], items: false };
    assert.deepEqual(property(tuple), {
      type: "ARRAY",
      description: 'In order: [{"type":"string"},{"enum":[1,2]}]',
      maxItems: "2",
      items: { anyOf: [{ type: "STRING" }, { type: "STRING", enum: ["1", "2"] }] },
    });
    assert.deepEqual(restored(tuple, ["1", "1"]), ["1", 1]);
    assert.deepEqual(property({ type: "array", items: [{ type: "string" }], additionalItems: false }, "gemini-json-schema"), {
      type: "array",
      maxItems: 1,
      prefixItems: [{ type: "string" }],
    });
  });

  it("rename properties whose names are not taken, and require only what is there", () => {
    const schema = {
      type: "object",
      properties: { $filter: { type: "string" }, "1st": { type: "string" }, "a-b": { type: "string" } },
      required: ["a-b", "gone"],
      additionalProperties: false,
    };
    const { schema: made, restore } = compileSchema(schema, "gemini-openapi");
    const names = Object.keys(made["properties"] ?? {});
    assert.ok(
      names.every((name) => /^[A-Za-z_]\w{0,63}$/.test(name)),
      names.join(),
    );
    assert.deepEqual(made["required"], [names[2]]);
    assert.deepEqual(restore(Object.fromEntries(names.map((name, at) => [name, at]))), { $filter: 0, "1st": 1, "a-b": 2 });
  });

  it("wrap roots that are no object, and keep the order of an answer's properties", () => {
    const list = compileSchema({ type: "array", items: { type: "string" } }, "gemini-openapi");
    assert.deepEqual(list.schema, {
      type: "OBJECT",
      properties: { value: { type: "ARRAY", items: { type: "STRING" } } },
      required: ["value"],
    });
    assert.deepEqual(list.restore({ value: ["a"] }), ["a"]);
    const answer = { type: "object", properties: { b: { type: "string" }, a: { type: "string" } } };
    assert.deepEqual(compileSchema(answer, "gemini-openapi", "answer").schema["propertyOrdering"], ["b", "a"]);
    assert.deepEqual(
      compileSchema({ type: "array", items: { type: "string" } }, "gemini-openapi", "answer").schema["type"],
      "ARRAY",
    );
  });
});

describe("#20, #23: schemas for OpenAI's strict mode", () => {
  const strict = (schema: JsonObject): JsonObject => compileSchema(schema, "openai-strict").schema;

  it("require every property, optional ones as null, and take the nulls out again", () => {
    const schema = {
      type: "object",
      properties: {
        a: { type: "string" },
        b: { type: "integer", minimum: 1 },
        c: { type: ["string", "null"] },
        d: { enum: ["x"] },
      },
      required: ["a"],
    };
    assert.deepEqual(strict(schema), {
      type: "object",
      properties: {
        a: { type: "string" },
        b: { type: ["integer", "null"], minimum: 1 },
        c: { type: ["string", "null"] },
        d: { type: ["string", "null"], enum: ["x", null] },
      },
      required: ["a", "b", "c", "d"],
      additionalProperties: false,
    });
    const { restore, losses } = compileSchema(schema, "openai-strict");
    assert.deepEqual(restore({ a: "x", b: null, c: null, d: null }), { a: "x", c: null });
    assert.deepEqual(losses, []);
  });

  it("have an object at the root, without a union", () => {
    const either = {
      oneOf: [
        { type: "object", properties: { a: { const: 1 } }, required: ["a"] },
        { type: "array", items: { type: "string" } },
      ],
      discriminator: {},
    };
    const { schema, restore, losses } = compileSchema(either, "openai-strict", "answer");
    assert.deepEqual(schema, {
      type: "object",
      properties: {
        value: {
          anyOf: [
            { type: "object", properties: { a: { type: "integer", enum: [1] } }, required: ["a"], additionalProperties: false },
            { type: "array", items: { type: "string" } },
          ],
        },
      },
      required: ["value"],
      additionalProperties: false,
    });
    assert.deepEqual(restore({ value: ["a"] }), ["a"]);
    assert.deepEqual(losses, []);
  });

  it("stay as they were written where they are strict already, recursion included", () => {
    const tree = {
      type: "object",
      properties: { kids: { type: "array", items: { $ref: "#" } }, next: { anyOf: [{ $ref: "#/$defs/n" }, { type: "null" }] } },
      required: ["kids", "next"],
      additionalProperties: false,
      $defs: {
        n: { type: "object", properties: { v: { type: "string", pattern: "^a" } }, required: ["v"], additionalProperties: false },
      },
    };
    assert.equal(strict(tree), tree);
    assert.notEqual(strict({ ...tree, required: ["kids"] })["$defs"], tree.$defs);
  });

  it("keep what strict mode knows, and tell the rest", () => {
    const { schema, losses } = compileSchema(
      {
        type: "object",
        properties: {
          a: { type: "string", pattern: "^a", minLength: 2, format: "uuid" },
          b: { type: "string", pattern: "(?=a)" },
        },
        required: ["a", "b"],
      },
      "openai-strict",
    );
    assert.deepEqual(schema["properties"], {
      a: { type: "string", description: "At least 2 characters.", pattern: "^a", format: "uuid" },
      b: { type: "string", description: "Matches the regular expression (?=a)" },
    });
    assert.deepEqual(
      losses.map(({ at }) => at),
      ["properties.a.minLength", "properties.b.pattern"],
    );
  });
});
