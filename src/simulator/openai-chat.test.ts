import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI, { APIError } from "openai";
import { type Simulator, startSimulator } from "./index.ts";

let simulator: Simulator;
let client: OpenAI;
before(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: "sk-test", baseURL: `${simulator.url}/v1`, maxRetries: 0 });
});
after(() => simulator.close());

const user = (content: string) => ({ role: "user" as const, content });

const weather = {
  type: "function" as const,
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
      required: ["city"],
    },
  },
};
const clockTool = { type: "function" as const, function: { name: "get_time", parameters: { type: "object", properties: {} } } };

test("a whole answer repeats the user and counts words as tokens", async () => {
  const reply = await client.chat.completions.create({ model: "echo", messages: [user("one two three")] });
  assert.equal(reply.choices[0]?.message.content, "one two three");
  assert.equal(reply.choices[0]?.finish_reason, "stop");
  assert.equal(reply.usage?.completion_tokens, 3);
  assert.equal(reply.usage?.total_tokens, (reply.usage?.prompt_tokens ?? 0) + 3);
});

test("a stream carries the same text; usage is null on every chunk but the last, which has no choices", async () => {
  const stream = await client.chat.completions.create({
    model: "echo",
    messages: [user("one two  drei 🙂")],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "one two  drei 🙂");
  const last = chunks.at(-1);
  assert.deepEqual(last?.choices, []);
  assert.equal(last?.usage?.completion_tokens, 4);
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
});

test("without include_usage a stream says nothing of usage", async () => {
  const stream = await client.chat.completions.create({ model: "echo", messages: [user("hello")], stream: true });
  for await (const chunk of stream) assert.ok(!("usage" in chunk));
});

for (const streamed of [false, true]) {
  test(`two turns with parallel tools, ${streamed ? "streamed" : "whole"}`, async () => {
    const params = { model: "parallel", messages: [user("weather and time?")], tools: [weather, clockTool] };
    const ask = async (messages: OpenAI.ChatCompletionMessageParam[]) => {
      const whole = { ...params, messages };
      const reply = streamed
        ? await client.chat.completions.stream(whole).finalChatCompletion()
        : await client.chat.completions.create(whole);
      assert.ok(reply.choices[0]);
      return reply.choices[0];
    };
    const first = await ask(params.messages);
    assert.equal(first.finish_reason, "tool_calls");
    const results = (first.message.tool_calls ?? []).map((call) => ({
      role: "tool" as const,
      tool_call_id: call.id,
      content: call.type === "function" ? `${call.function.name} with ${call.function.arguments}` : "",
    }));
    const second = await ask([...params.messages, first.message, ...results]);
    const text = 'The tools say: get_weather -> get_weather with {"city":"sample city","days":7}; get_time -> get_time with {}';
    assert.equal(second.message.content, text);
    assert.equal(second.finish_reason, "stop");
    await assert.rejects(ask([...params.messages, first.message, ...results.slice(1)]), /must be followed by tool messages/);
  });
}

test("parallel_tool_calls: false gives one call; a forced tool is the one called", async () => {
  const one = await client.chat.completions.create({
    model: "parallel",
    messages: [user("hi")],
    tools: [weather, clockTool],
    parallel_tool_calls: false,
  });
  assert.equal(one.choices[0]?.message.tool_calls?.length, 1);
  assert.equal(one.choices[0]?.finish_reason, "tool_calls");
  assert.equal(one.choices[0]?.message.content, null);
  const forced = await client.chat.completions.create({
    model: "echo",
    messages: [user("hi")],
    tools: [weather, clockTool],
    tool_choice: { type: "function", function: { name: "get_time" } },
  });
  const call = forced.choices[0]?.message.tool_calls?.[0];
  assert.equal(call?.type === "function" && call.function.name, "get_time");
});

test("a JSON schema gets JSON that conforms", async () => {
  const schema = {
    type: "object",
    properties: { name: { type: "string" }, tags: { type: "array", items: { type: "string" } }, kind: { enum: ["a", "b"] } },
    required: ["name", "tags", "kind"],
    additionalProperties: false,
  };
  const reply = await client.chat.completions.create({
    model: "echo",
    messages: [user("make one")],
    response_format: { type: "json_schema", json_schema: { name: "thing", schema, strict: true } },
  });
  assert.deepEqual(JSON.parse(reply.choices[0]?.message.content ?? ""), {
    name: "sample name",
    tags: ["sample tags"],
    kind: "a",
  });
});

test("n, logprobs, stop, max_tokens, images, refusal, thoughts, prompt cache", async () => {
  const many = await client.chat.completions.create({
    model: "echo",
    messages: [user("a b")],
    n: 2,
    logprobs: true,
    top_logprobs: 2,
  });
  assert.deepEqual(
    many.choices.map((choice) => choice.message.content),
    ["a b", "a b (choice 2)"],
  );
  assert.equal(many.choices[0]?.logprobs?.content?.[1]?.top_logprobs.length, 2);
  const stopped = await client.chat.completions.create({ model: "echo", messages: [user("a b END c")], stop: ["END"] });
  assert.equal(stopped.choices[0]?.message.content, "a b ");
  const cut = await client.chat.completions.create({ model: "echo", messages: [user("a b c")], max_completion_tokens: 2 });
  assert.equal(cut.choices[0]?.message.content, "a b");
  assert.equal(cut.choices[0]?.finish_reason, "length");
  const image = await client.chat.completions.create({
    model: "echo",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: `data:image/png;base64,${Buffer.from("12345").toString("base64")}` } },
        ],
      },
    ],
  });
  assert.equal(image.choices[0]?.message.content, "look [image/png 5 bytes]");
  const refused = await client.chat.completions.create({ model: "refuser", messages: [user("a")] });
  assert.equal(refused.choices[0]?.message.content, null);
  assert.match(refused.choices[0]?.message.refusal ?? "", /can't help/);
  const thought = await client.chat.completions.create({ model: "reasoner", messages: [user("a")] });
  assert.ok("reasoning_content" in (thought.choices[0]?.message ?? {}));
  assert.ok((thought.usage?.completion_tokens_details?.reasoning_tokens ?? 0) > 0);
  const cached = { model: "echo", messages: [{ role: "system" as const, content: "be kind" }, user("a")], prompt_cache_key: "k" };
  assert.equal((await client.chat.completions.create(cached)).usage?.prompt_tokens_details?.cached_tokens, 0);
  assert.equal((await client.chat.completions.create(cached)).usage?.prompt_tokens_details?.cached_tokens, 6);
});

test("refusals of the order rules arrive as the SDK's own errors", async () => {
  const bad = client.chat.completions.create({
    model: "echo",
    messages: [user("a"), { role: "tool", tool_call_id: "call_1", content: "x" }],
  });
  await assert.rejects(bad, (error) => {
    assert.ok(error instanceof APIError);
    assert.equal(error.status, 400);
    assert.equal(error.param, "messages[1]");
    assert.match(error.message, /must be a response to a preceding message/);
    return true;
  });
  await assert.rejects(client.chat.completions.create({ model: "missing", messages: [user("a")] }), {
    status: 404,
    code: "model_not_found",
  });
});

test("an abort in mid-stream is witnessed, with what was delivered billed", async () => {
  const stream = await client.chat.completions.create({
    model: "echo-slow",
    messages: [user("abort me one two three")],
    stream: true,
  });
  let count = 0;
  for await (const _ of stream) if (++count === 2) break;
  const entry = await simulator.journal.waitFor((one) => one.model === "echo-slow" && one.outcome === "aborted");
  assert.ok(entry.events >= 2 && entry.events < 6, String(entry.events));
  assert.equal(entry.bill?.outputTokens, entry.events - 1);
  assert.equal(entry.headers["authorization"], "[secret]");
});

test("models are listed", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.ok(ids.includes("echo") && ids.includes("parallel"));
});
