import assert from "node:assert/strict";
import { test } from "node:test";
import { CallError, createGateway, type StreamEvent } from "../../../src/index.ts";
import { failure, startRig } from "./kit.ts";

const weather = {
  name: "weather",
  description: "The weather in a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

for (const provider of ["oai", "ant", "gem"]) {
  test(`${provider}: a question is answered, and the answer says what it took`, async () => {
    await using rig = await startRig();
    const result = await rig.gateway.generate({
      model: `${provider}/echo`,
      system: "Be brief.",
      prompt: "Say hello.",
      maxTokens: 100,
      temperature: 0.5,
    });
    assert.equal(result.text, "Say hello.");
    assert.match(JSON.stringify(rig.simulator.journal.entries[0]?.body), /"Be brief\.".*/);
    assert.equal(result.finishReason, "stop");
    assert.deepEqual([result.provider, result.model, result.attempts], [provider, "echo", 1]);
    assert.match(result.callId, /^call_/);
    const { usage } = result;
    assert.ok(usage);
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
    assert.equal(usage.totalTokens, usage.inputTokens + usage.outputTokens);
    assert.equal(usage.inputTokens, usage.inputUncached + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h);
    assert.equal(result.costNano, undefined, "nobody knows the price of a simulator");
  });

  test(`${provider}: the same, streamed, is the same`, async () => {
    await using rig = await startRig();
    const request = { model: `${provider}/words:20`, prompt: "Go on." };
    const whole = await rig.gateway.generate(request);
    const stream = rig.gateway.generateStream(request);
    let text = "";
    const seen = new Map<StreamEvent["type"], number>();
    for await (const event of stream) {
      seen.set(event.type, (seen.get(event.type) ?? 0) + 1);
      if (event.type === "text") text += event.text;
    }
    assert.equal(text, whole.text);
    assert.ok((seen.get("text") ?? 0) > 1, "it came in pieces");
    assert.deepEqual([seen.get("part"), seen.get("finish")], [1, 1]);
    const result = await stream.result;
    assert.equal(await stream.text, text);
    assert.deepEqual(
      { ...result, callId: "", usage: { ...result.usage, raw: 0 } },
      { ...whole, callId: "", usage: { ...whole.usage, raw: 0 } },
    );
  });

  test(`${provider}: tools are called, and their results go back with the answer's own parts`, async () => {
    await using rig = await startRig();
    const question = { role: "user" as const, content: "What is the weather in Paris?" };
    const first = await rig.gateway.generate({
      model: `${provider}/thinking-agent`,
      messages: [question],
      tools: [weather],
      maxTokens: 500,
    });
    assert.equal(first.finishReason, "tool-calls");
    const [call] = first.toolCalls;
    assert.ok(call);
    assert.equal(call.name, "weather");
    assert.equal(typeof call.input, "object");
    const second = await rig.gateway.generate({
      model: `${provider}/thinking-agent`,
      messages: [
        question,
        { role: "assistant", content: first.parts },
        ...first.toolCalls.map(({ id }) => ({ role: "tool" as const, toolCallId: id, content: "Sunny." })),
      ],
      tools: [weather],
      maxTokens: 500,
    });
    assert.equal(second.finishReason, "stop");
    assert.match(second.text, /Sunny/);
  });

  test(`${provider}: an answer that is to be JSON comes parsed`, async () => {
    await using rig = await startRig();
    const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false };
    const request = { model: `${provider}/echo`, prompt: "A person.", output: { schema }, maxTokens: 200 };
    const { json, text } = await rig.gateway.generate(request);
    assert.deepEqual(json, JSON.parse(text));
    assert.ok(typeof json === "object" && json !== null && "name" in json);
    assert.deepEqual((await rig.gateway.generateStream(request).result).json, json);
    const broken = { ...request, model: `${provider}/off-schema` };
    const lenient = await rig.gateway.generate(broken);
    assert.ok(
      lenient.warnings.some(({ code }) => code === "schema_violation"),
      JSON.stringify(lenient.warnings),
    );
    const error = await failure(rig.gateway.generate({ ...broken, strict: true }));
    assert.ok(error instanceof CallError);
    assert.ok(["schema_violation", "unsupported"].includes(error.code), error.message);
  });
}

test("what a call cost is known to the nano-dollar where there is a price, streamed or not", async () => {
  await using plain = await startRig();
  const { url } = plain.simulator;
  const prices = { echo: { input: 1, output: 2.5 } };
  await using gateway = await createGateway({
    dataDir: false,
    providers: { paid: { wire: "openai-chat", baseUrl: `${url}/v1`, apiKey: "none", prices } },
    aliases: { cheap: "paid/echo" },
  });
  for (const model of ["paid/echo", "cheap"]) {
    const request = { model, prompt: "How much is this?" };
    for (const result of [await gateway.generate(request), await gateway.generateStream(request).result]) {
      const { usage, costNano, cost } = result;
      assert.ok(usage);
      assert.equal(costNano, BigInt(usage.inputTokens * 1000 + usage.outputTokens * 2500));
      assert.equal(cost, Number(costNano) / 1e9);
    }
  }
});

test("texts become vectors", async () => {
  await using rig = await startRig();
  const { vectors, usage } = await rig.gateway.embed({
    model: "oai/text-embedding-3-small",
    input: ["one", "two"],
    dimensions: 8,
  });
  assert.deepEqual(
    vectors.map((vector) => vector.length),
    [8, 8],
  );
  assert.notDeepEqual(vectors[0], vectors[1]);
  assert.ok(usage && usage.inputTokens > 0);
  assert.equal((await rig.gateway.embed({ model: "oai/text-embedding-3-small", input: "one", dimensions: 8 })).vectors.length, 1);
});

test("tokens are counted by who can, guessed for who cannot, and the difference is told", async () => {
  await using rig = await startRig();
  const counted = await rig.gateway.countTokens({ model: "ant/echo", prompt: "How many?" });
  assert.ok(counted.inputTokens > 0);
  assert.equal(counted.estimated, false);
  const guessed = await rig.gateway.countTokens({ model: "oai/echo", prompt: "How many?" });
  assert.ok(guessed.inputTokens > 0);
  assert.equal(guessed.estimated, true);
  assert.deepEqual(
    guessed.warnings.map(({ code }) => code),
    ["token_count_estimated"],
  );
});

test("models are listed by all providers, and who is silent is named", async () => {
  await using rig = await startRig();
  const { models, silent } = await rig.gateway.models();
  assert.ok(models.some(({ id }) => id === "oai/echo"));
  assert.ok(models.some(({ id }) => id === "ant/echo"));
  assert.ok(Array.isArray(silent));
});

test("what is wrong with a request is told by its field, as a CallError, streamed or not", async () => {
  await using rig = await startRig();
  const cases: readonly (readonly [object, string, string])[] = [
    [{ prompt: "x" }, "invalid_request", "model"],
    [{ model: "", prompt: "x" }, "invalid_request", "model"],
    [{ model: "oai/echo" }, "invalid_request", "messages"],
    [{ model: "oai/echo", prompt: "x", messages: [] }, "invalid_request", "messages"],
    [{ model: "oai/echo", messages: [] }, "invalid_request", "messages"],
    [{ model: "oai/echo", messages: [{ role: "robot", content: "x" }] }, "invalid_request", "messages[0].role"],
    [{ model: "oai/echo", messages: [{ role: "user", content: 7 }] }, "invalid_request", "messages[0].content"],
    [
      { model: "oai/echo", messages: [{ role: "user", content: [{ type: "smell" }] }] },
      "invalid_request",
      "messages[0].content[0].type",
    ],
    [{ model: "oai/echo", prompt: "x", timeoutMs: -1 }, "invalid_request", "timeoutMs"],
    [{ model: "nobody/echo", prompt: "x" }, "model_not_found", "model"],
  ];
  for (const [request, code, param] of cases) {
    // Callers without types.
    const untyped: Parameters<typeof rig.gateway.generate>[0] = JSON.parse(JSON.stringify(request));
    for (const call of [() => rig.gateway.generate(untyped), () => rig.gateway.generateStream(untyped).result]) {
      const error = await failure(call());
      assert.ok(error instanceof CallError, String(error));
      assert.deepEqual([error.code, error.param], [code, param], error.message);
      assert.match(error.callId, /^call_/);
      assert.equal(error.attempts, 0);
    }
  }
  assert.equal(rig.simulator.journal.entries.length, 0, "nothing of it was sent");
});

test("a picture and a document reach the provider", async () => {
  await using rig = await startRig();
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  await rig.gateway.generate({
    model: "ant/echo",
    messages: [
      {
        role: "user",
        content: [
          { type: "image", data: Buffer.from(pixel, "base64"), mediaType: "image/png" },
          { type: "image", data: pixel, mediaType: "image/png" },
          { type: "text", text: "What is this?" },
        ],
      },
    ],
  });
  const sent = JSON.stringify(rig.simulator.journal.entries[0]?.body);
  assert.equal(sent.split(pixel).length - 1, 2);
});
