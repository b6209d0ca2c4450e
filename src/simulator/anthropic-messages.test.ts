import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { type Simulator, startSimulator } from "./index.ts";

let simulator: Simulator;
let client: Anthropic;
before(async () => {
  simulator = await startSimulator();
  client = new Anthropic({ apiKey: "sk-test", baseURL: simulator.url, maxRetries: 0 });
});
after(() => simulator.close());

const user = (content: string) => ({ role: "user" as const, content });
const weather: Anthropic.Tool = {
  name: "get_weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const clockTool: Anthropic.Tool = { name: "get_time", input_schema: { type: "object", properties: {} } };

test("a whole answer repeats the user and counts words as tokens", async () => {
  const reply = await client.messages.create({ model: "echo", max_tokens: 100, messages: [user("one two three")] });
  assert.deepEqual(reply.content, [{ type: "text", text: "one two three", citations: null }]);
  assert.equal(reply.stop_reason, "end_turn");
  assert.equal(reply.usage.output_tokens, 3);
});

test("a stream is gathered by the SDK to the same message", async () => {
  const params = { model: "echo", max_tokens: 100, messages: [user("eins zwei  drei 🙂")] };
  const streamed = await client.messages.stream(params).finalMessage();
  const whole = await client.messages.create(params);
  assert.deepEqual(streamed.content, whole.content);
  assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
  assert.equal(streamed.stop_reason, "end_turn");
});

for (const streamed of [false, true]) {
  test(`two turns with parallel tools and replayed thoughts, ${streamed ? "streamed" : "whole"}`, async () => {
    const params = {
      model: "parallel",
      max_tokens: 4000,
      thinking: { type: "enabled" as const, budget_tokens: 1024 },
      tools: [weather, clockTool],
    };
    const ask = (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> =>
      streamed ? client.messages.stream({ ...params, messages }).finalMessage() : client.messages.create({ ...params, messages });
    const first = await ask([user("weather?")]);
    assert.deepEqual(
      first.content.map((block) => block.type),
      ["thinking", "tool_use", "tool_use"],
    );
    assert.equal(first.stop_reason, "tool_use");
    const results = first.content
      .filter((block) => block.type === "tool_use")
      .map((block) => ({
        type: "tool_result" as const,
        tool_use_id: block.id,
        content: `${block.name} with ${JSON.stringify(block.input)}`,
      }));
    const second = await ask([
      user("weather?"),
      { role: "assistant", content: first.content },
      { role: "user", content: results },
    ]);
    const text = second.content.at(-1);
    assert.equal(
      text?.type === "text" && text.text,
      'The tools say: get_weather -> get_weather with {"city":"sample city"}; get_time -> get_time with {}',
    );
    const forged = first.content.map((block) => (block.type === "thinking" ? { ...block, thinking: "something else" } : block));
    await assert.rejects(
      ask([user("weather?"), { role: "assistant", content: forged }, { role: "user", content: results }]),
      /Invalid `signature`/,
    );
  });
}

test("thoughts: omitted ones are signed only, redacted ones are verified on replay", async () => {
  const omitted = await client.messages.create({
    model: "echo",
    max_tokens: 4000,
    thinking: { type: "adaptive", display: "omitted" },
    messages: [user("hi")],
  });
  const [thought] = omitted.content;
  assert.ok(thought?.type === "thinking" && thought.thinking === "" && thought.signature !== "");
  const redacted = await client.messages.create({ model: "reasoner-redacted", max_tokens: 4000, messages: [user("hi")] });
  assert.equal(redacted.content[1]?.type, "redacted_thinking");
  const replay = (content: Anthropic.ContentBlockParam[]) =>
    client.messages.create({ model: "echo", max_tokens: 9, messages: [user("hi"), { role: "assistant", content }, user("on")] });
  await replay(redacted.content);
  await assert.rejects(replay([{ type: "redacted_thinking", data: "x.y" }]), /Invalid `data`/);
});

test("structured output, stop sequence, max_tokens, refusal", async () => {
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };
  const json = await client.messages.create({
    model: "echo",
    max_tokens: 99,
    messages: [user("x")],
    output_config: { format: { type: "json_schema", schema } },
  });
  assert.deepEqual(json.content, [{ type: "text", text: '{"n":7}', citations: null }]);
  const stopped = await client.messages.create({
    model: "echo",
    max_tokens: 99,
    messages: [user("a END b")],
    stop_sequences: ["END"],
  });
  assert.equal(stopped.stop_reason, "stop_sequence");
  assert.equal(stopped.stop_sequence, "END");
  const cut = await client.messages.create({ model: "echo", max_tokens: 2, messages: [user("a b c")] });
  assert.equal(cut.stop_reason, "max_tokens");
  const refused = await client.messages.create({ model: "refuser", max_tokens: 99, messages: [user("a")] });
  assert.equal(refused.stop_reason, "refusal");
});

test("a cache breakpoint is written once, then read", async () => {
  const params: Anthropic.MessageCreateParamsNonStreaming = {
    model: "echo",
    max_tokens: 9,
    system: [{ type: "text", text: "one two three", cache_control: { type: "ephemeral", ttl: "1h" } }],
    messages: [user("hi")],
  };
  const { usage: first } = await client.messages.create(params);
  assert.equal(first.cache_creation_input_tokens, 3);
  assert.equal(first.cache_creation?.ephemeral_1h_input_tokens, 3);
  assert.equal(first.cache_read_input_tokens, 0);
  const { usage: second } = await client.messages.create(params);
  assert.equal(second.cache_creation_input_tokens, 0);
  assert.equal(second.cache_read_input_tokens, 3);
  assert.equal(second.input_tokens, first.input_tokens);
});

test("media in messages and in results are named by type and size", async () => {
  const data = Buffer.from("1234567").toString("base64");
  const image = { type: "image" as const, source: { type: "base64" as const, media_type: "image/png" as const, data } };
  const reply = await client.messages.create({
    model: "echo",
    max_tokens: 99,
    messages: [
      user("shot"),
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "snap", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: [image] }] },
    ],
    tools: [{ name: "snap", input_schema: { type: "object" } }],
  });
  assert.deepEqual(reply.content, [{ type: "text", text: "The tools say: snap -> [image/png 7 bytes]", citations: null }]);
});

test("refusals of the order rules arrive as the SDK's own errors", async () => {
  const bad = client.messages.create({
    model: "echo",
    max_tokens: 9,
    messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "x" }] }],
  });
  await assert.rejects(bad, (error) => {
    assert.ok(error instanceof APIError);
    assert.equal(error.status, 400);
    assert.equal(error.type, "invalid_request_error");
    assert.match(error.message, /unexpected `tool_use_id`/);
    return true;
  });
  await assert.rejects(client.messages.create({ model: "missing", max_tokens: 9, messages: [user("a")] }), { status: 404 });
});

test("an abort in mid-stream is witnessed", async () => {
  const stream = client.messages.stream({ model: "echo-slow", max_tokens: 99, messages: [user("abort me one two three")] });
  stream.on("text", () => stream.abort());
  await assert.rejects(stream.finalMessage());
  const entry = await simulator.journal.waitFor((one) => one.model === "echo-slow" && one.outcome === "aborted");
  assert.equal(entry.bill?.outputTokens, 1);
});

test("models are listed in this wire's shape", async () => {
  const page = await client.models.list();
  assert.ok(page.data.some((model) => model.id === "echo" && model.type === "model"));
});

test("tokens are counted as they are billed, cached ones included, and billed nothing", async () => {
  const params = {
    model: "echo",
    system: [{ type: "text" as const, text: "one two three", cache_control: { type: "ephemeral" as const } }],
    messages: [user("hi")],
    tools: [weather],
  };
  const counted = await client.messages.countTokens(params);
  assert.deepEqual(Object.keys(counted), ["input_tokens"]);
  for (let i = 0; i < 2; i++) {
    const { usage } = await client.messages.create({ ...params, max_tokens: 9 });
    const cached = (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
    assert.ok(cached > 0);
    assert.equal(counted.input_tokens, usage.input_tokens + cached);
  }
  const entry = simulator.journal.entries.find((one) => one.path.endsWith("/count_tokens"));
  assert.deepEqual([entry?.model, entry?.bill?.input.uncached, entry?.bill?.outputTokens], ["echo", 0, 0]);
  await assert.rejects(client.messages.countTokens({ model: "echo", messages: [] }), /at least one message/);
});
