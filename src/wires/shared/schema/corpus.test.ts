import assert from "node:assert/strict";
import { test } from "node:test";
import { isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import { jsonSchemaFindings } from "../../../simulator/validators/gemini-json-schema.ts";
import { schemaFindings } from "../../../simulator/validators/gemini-schema.ts";
import { compileSchema, type Dialect } from "./index.ts";
import { asSent } from "./testing/as-sent.ts";
import { type Found, recordings, schemasRecorded } from "./testing/corpus.ts";
import { diceOf, instanceOf } from "./testing/instances.ts";
import { checkOf, googleSchema, strictFindings } from "./testing/judges.ts";

const corpus = schemasRecorded();
const official = googleSchema();

const refusals: { readonly [dialect in Dialect]: (schema: JsonObject) => readonly string[] } = {
  "gemini-openapi": (schema) => [...schemaFindings(schema), ...(official?.(schema) ?? ["the discovery document is missing"])],
  "gemini-json-schema": jsonSchemaFindings,
  "openai-strict": strictFindings,
};

/** A compiled root may be wrapped: the model then puts its value into the one property. */
function sent(value: Json, schema: JsonObject, given: JsonObject, filled: boolean): Json {
  const { properties } = schema;
  const inner = isObject(properties) && Object.keys(properties).length === 1 ? properties["value"] : undefined;
  const own = isObject(given["properties"]) && "value" in given["properties"];
  return isObject(inner) && !own ? { value: asSent(value, inner, filled) } : asSent(value, schema, filled);
}

/** Strict mode knows no absent property: where the caller's schema takes null, null is what comes for one. */
function present(value: Json, dialect: Dialect): Json {
  if (dialect !== "openai-strict" || typeof value !== "object" || value === null) return value;
  if (!isObject(value)) return value.map((item) => present(item, dialect));
  const given = Object.entries(value).flatMap(([key, inner = null]): [string, Json][] =>
    inner === null ? [] : [[key, present(inner, dialect)]],
  );
  return Object.fromEntries(given);
}

const each = 12;

/** How many instances came back, and the faults found. */
function comeBack(
  { schema, use, file }: Found,
  dialect: Dialect,
  seed: number,
): { readonly back: number; readonly faults: readonly string[] } {
  const check = checkOf(schema);
  if (check === undefined) return { back: 0, faults: [] };
  const compiled = compileSchema(schema, dialect, use);
  const dice = diceOf(seed);
  let back = 0;
  const faults: string[] = [];
  for (let round = 0; round < each; round++) {
    const value = instanceOf(schema, schema, dice);
    if (!check(value) || (use === "arguments" && !isObject(value))) continue;
    back++;
    try {
      const spoken = sent(value, compiled.schema, schema, dialect === "openai-strict");
      const restored = compiled.restore(spoken);
      assert.deepEqual(present(restored, dialect), present(value, dialect));
      assert.ok(check(restored));
      if (!compiled.coerces) assert.deepEqual(spoken, restored);
    } catch (thrown) {
      faults.push(`${file}: ${JSON.stringify(value)}: ${thrown}`);
    }
  }
  return { back, faults };
}

for (const dialect of ["gemini-openapi", "gemini-json-schema", "openai-strict"] as const) {
  test(`#20: every recorded schema is taken in ${dialect}, and its values come back as they were`, (t) => {
    if (corpus === undefined || official === undefined) {
      assert.equal(process.env["CI"], undefined, `no recordings in ${recordings}, or no specifications`);
      t.skip("no recordings or specifications");
      return;
    }
    const tools = corpus.filter(({ use }) => use === "arguments").length;
    assert.ok(tools >= 200, `${tools} schemas of tools are too few`);
    const faults: string[] = [];
    let back = 0;
    let checked = 0;
    let lossless = 0;
    let coerced = 0;
    let asGiven = 0;
    for (const [seed, found] of corpus.entries()) {
      const { schema, losses, coerces } = compileSchema(found.schema, dialect, found.use);
      if (schema === found.schema) {
        asGiven++;
        continue;
      }
      for (const refusal of refusals[dialect](schema)) faults.push(`${found.file}: ${refusal} in ${JSON.stringify(schema)}`);
      if (losses.length === 0) lossless++;
      if (coerces) coerced++;
      const round = comeBack(found, dialect, seed);
      if (round.back > 0) checked++;
      back += round.back;
      faults.push(...round.faults);
    }
    t.diagnostic(
      `${dialect}: ${corpus.length} distinct schemas (${tools} of tools), ${faults.length} faults; ${lossless} without loss, ${coerced} coerced; ${back} values of ${checked} schemas came back; ${asGiven} taken as they were`,
    );
    assert.deepEqual(faults.slice(0, 5), []);
    assert.ok(checked + asGiven > corpus.length * 0.9, `values of ${checked} schemas only`);
  });
}
