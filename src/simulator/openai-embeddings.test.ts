import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { type Simulator, startSimulator } from "./index.ts";

let simulator: Simulator;
let client: OpenAI;
before(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: "sk-test", baseURL: `${simulator.url}/v1`, maxRetries: 0 });
});
after(() => simulator.close());

const length = (vector: readonly number[]): number => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

test("texts become unit vectors, each always the same, whether as numbers or as base64", async () => {
  const model = "text-embedding-3-small";
  const { data, usage } = await client.embeddings.create({ model, input: ["one two", "three", "one two"] });
  assert.deepEqual(
    data.map((one) => [one.index, one.embedding.length]),
    [
      [0, 1536],
      [1, 1536],
      [2, 1536],
    ],
  );
  assert.deepEqual(data[0]?.embedding, data[2]?.embedding);
  assert.notDeepEqual(data[0]?.embedding, data[1]?.embedding);
  assert.ok(Math.abs(length(data[0]?.embedding ?? []) - 1) < 1e-6);
  assert.deepEqual(usage, { prompt_tokens: 5, total_tokens: 5 });
  const [numbers] = (await client.embeddings.create({ model, input: "one two", encoding_format: "float" })).data;
  assert.deepEqual(numbers?.embedding, data[0]?.embedding);
  const [coded] = (await client.embeddings.create({ model, input: "one two", encoding_format: "base64" })).data;
  const bytes = Buffer.from(String(coded?.embedding), "base64");
  assert.deepEqual([bytes.length, bytes.readFloatLE(4)], [1536 * 4, data[0]?.embedding[1]]);
});

test("dimensions and tokens", async () => {
  const { data, usage } = await client.embeddings.create({
    model: "echo",
    input: [
      [1, 2, 3],
      [4, 5],
    ],
    dimensions: 8,
  });
  assert.deepEqual(
    data.map((one) => one.embedding.length),
    [8, 8],
  );
  assert.equal(usage.prompt_tokens, 5);
  const one = await client.embeddings.create({ model: "echo", input: [1, 2, 3], dimensions: 8 });
  assert.deepEqual(one.data[0]?.embedding, data[0]?.embedding);
});

test("refusals and faults", async () => {
  const create = (params: object) => client.post("/embeddings", { body: { model: "echo", input: "x", ...params } });
  await assert.rejects(create({ model: "missing" }), {
    status: 404,
    code: "model_not_found",
    message: /The model `missing` does not/,
  });
  await assert.rejects(create({ input: "" }), { status: 400, param: "input" });
  await assert.rejects(create({ input: ["a", 1] }), { status: 400, param: "input" });
  await assert.rejects(create({ dimensions: 0 }), { status: 400, param: "dimensions" });
  await assert.rejects(create({ encoding_format: "int8" }), { status: 400, param: "encoding_format" });
  await assert.rejects(create({ model: "fault:429:7" }), { status: 429 });
  await assert.rejects(create({ model: "fault:reset" }), /terminated|Connection error/);
  const entry = simulator.journal.entries.at(-1);
  assert.deepEqual([entry?.wire, entry?.fault], ["openai-embeddings", "reset"]);
});
