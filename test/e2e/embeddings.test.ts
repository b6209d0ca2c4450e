import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { startSimulator } from "../../src/simulator/index.ts";
import { type Stack, startStack } from "./stack.ts";

/* The official OpenAI SDK's embeddings, which are base64 under the hood unless told otherwise. */

describe("openai embeddings", () => {
  let stack: Stack;
  let client: OpenAI;
  before(async () => {
    stack = await startStack();
    client = stack.openai;
  });
  after(() => stack.close());

  test("texts, as base64 unasked and as numbers asked for, are the same vectors", async () => {
    const input = ["Grüße", "世界", "Grüße"];
    const model = "oai/text-embedding-3-small";
    const unasked = await client.embeddings.create({ model, input, dimensions: 256 });
    const asked = await client.embeddings.create({ model, input, dimensions: 256, encoding_format: "float" });
    assert.deepEqual(
      unasked.data.map(({ index, embedding }) => [index, [...embedding]]),
      asked.data.map(({ index, embedding }) => [index, embedding]),
    );
    assert.equal(asked.data[0]?.embedding.length, 256);
    assert.deepEqual(asked.data[0]?.embedding, asked.data[2]?.embedding);
    assert.notDeepEqual(asked.data[0]?.embedding, asked.data[1]?.embedding);
    assert(asked.usage.prompt_tokens > 0);
    assert.equal(asked.model, "text-embedding-3-small");
    const rows = (await stack.ledger()).filter(({ operation }) => operation === "embed");
    assert.equal(rows.length, 2);
    for (const row of rows) {
      assert.equal(Number(row.input_uncached), asked.usage.prompt_tokens);
      assert.equal(Number(row.output_visible), 0);
      assert.equal(Number(row.relayed), 1);
      assert.equal(row.provider_wire, "openai-embeddings");
    }
  });

  test("one text, and tokens", async () => {
    const { data } = await client.embeddings.create({ model: "oai/words", input: "one" });
    assert.equal(data.length, 1);
    const { data: tokens } = await client.embeddings.create({ model: "oai/words", input: [[1, 2], [3]] });
    assert.equal(tokens.length, 2);
  });

  test("errors keep their class", async () => {
    await assert.rejects(client.embeddings.create({ model: "oai/words", input: [] }), OpenAI.BadRequestError);
    await assert.rejects(client.embeddings.create({ model: "nobody/words", input: "x" }), OpenAI.NotFoundError);
    await assert.rejects(client.embeddings.create({ model: "ant/words", input: "x" }), (error) => {
      assert(error instanceof OpenAI.BadRequestError);
      assert.match(error.message, /ant cannot serve embed calls/);
      return true;
    });
  });
});

describe("embeddings of a provider that knows numbers only", () => {
  test("a caller who asked for base64 gets base64", async () => {
    const upstream = createServer((_, response) => {
      response.setHeader("content-type", "application/json");
      response.end(
        '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1.25]}],"model":"local","usage":{"prompt_tokens":1,"total_tokens":1}}',
      );
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const address = upstream.address();
    assert(typeof address === "object" && address !== null);
    const stack = await startStack({ upstream: `http://127.0.0.1:${address.port}` });
    try {
      const { data } = await stack.openai.embeddings.create({ model: "oai/local", input: "x", encoding_format: "base64" });
      assert.equal(data[0]?.embedding, "AAAAPwAAoL8=");
    } finally {
      await stack.close();
      upstream.close();
      upstream.closeAllConnections();
    }
  });
});

describe("openai embeddings in front of Gemini's wire", () => {
  test("texts, in both encodings, with what they are for; what cannot be said is reported", async () => {
    const simulator = await startSimulator();
    const stack = await startStack({ yaml: `  gem: { wire: gemini, base_url: ${simulator.url}, api_key: any-key }` });
    try {
      const { embeddings } = stack.openai;
      const ask = { model: "gem/gemini-embedding-001", input: ["one", "two", "one"], dimensions: 128 };
      const unasked = await embeddings.create(ask);
      const { data: asked, response } = await embeddings
        .create({ ...ask, encoding_format: "float", ...{ input_type: "query" }, user: "me" })
        .withResponse();
      assert.equal(asked.data.length, 3);
      assert.equal(asked.data[0]?.embedding.length, 128);
      assert.deepEqual(asked.data[0]?.embedding, asked.data[2]?.embedding);
      // A caller's 32-bit floats are a provider's doubles, rounded.
      assert.deepEqual(
        unasked.data.map(({ embedding }) => [...embedding]),
        (await embeddings.create({ ...ask, encoding_format: "float" })).data.map(({ embedding }) => embedding.map(Math.fround)),
      );
      assert.match(JSON.stringify(simulator.journal.entries.map(({ body }) => body)), /RETRIEVAL_QUERY/);
      assert.match(response.headers.get("x-polygate-warnings") ?? "", /user/);
    } finally {
      await stack.close();
      await simulator.close();
    }
  });
});
