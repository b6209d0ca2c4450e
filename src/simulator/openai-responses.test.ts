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

type Input = OpenAI.Responses.ResponseInput;
type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;

const weather: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const clockTool: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_time",
  strict: false,
  parameters: { type: "object", properties: {} },
};

/** The answer, whole or gathered by the SDK from a stream. */
const ask = (params: Params, streamed: boolean): Promise<OpenAI.Responses.Response> =>
  streamed ? client.responses.stream({ ...params, stream: true }).finalResponse() : client.responses.create(params);

/** The answer's items, to be sent back as they came. */
const replay = (response: OpenAI.Responses.Response): Input =>
  response.output.filter(
    (item) =>
      item.type === "function_call" || item.type === "custom_tool_call" || item.type === "message" || item.type === "reasoning",
  );

const outputs = (response: OpenAI.Responses.Response): Input =>
  response.output
    .filter((item) => item.type === "function_call")
    .map((item) => ({
      type: "function_call_output",
      call_id: item.call_id,
      output: [{ type: "input_text", text: `${item.name} with ${item.arguments}` }],
    }));

test("a whole answer repeats the user and counts words as tokens", async () => {
  const reply = await client.responses.create({ model: "echo", input: "one two three" });
  assert.equal(reply.output_text, "one two three");
  assert.equal(reply.status, "completed");
  assert.equal(reply.usage?.output_tokens, 3);
  assert.equal(reply.usage?.total_tokens, (reply.usage?.input_tokens ?? 0) + 3);
  const listed = await client.responses.create({
    model: "echo",
    instructions: "be brief",
    input: [
      { role: "user", content: "first" },
      { role: "assistant", content: "first" },
      { role: "user", content: [{ type: "input_text", text: "second" }] },
    ],
  });
  assert.equal(listed.output_text, "second");
});

test("a stream tells every event in order, numbered from 0, and ends without [DONE]", async () => {
  const stream = await client.responses.create({ model: "echo", input: "one two  drei 🙂", stream: true });
  const events: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  assert.deepEqual(
    events.map((event) => event.type.replace("response.", "")),
    [
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      ...Array.from({ length: 4 }, () => "output_text.delta"),
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "completed",
    ],
  );
  assert.deepEqual(
    events.map((event) => ("sequence_number" in event ? event.sequence_number : undefined)),
    events.map((_, i) => i),
  );
  const last = events.at(-1);
  assert.ok(last?.type === "response.completed" && last.response.usage?.output_tokens === 4);
  const raw = await fetch(`${simulator.url}/v1/responses`, {
    method: "POST",
    body: JSON.stringify({ model: "echo", input: "x", stream: true }),
  });
  assert.doesNotMatch(await raw.text(), /\[DONE\]/);
});

for (const streamed of [false, true]) {
  test(`two turns with parallel tools, ${streamed ? "streamed" : "whole"}`, async () => {
    const params = { model: "parallel", tools: [weather, clockTool], store: false };
    const user: Input = [{ role: "user", content: "weather?" }];
    const first = await ask({ ...params, input: user }, streamed);
    assert.deepEqual(
      first.output.map((item) => item.type),
      ["function_call", "function_call"],
    );
    for (const item of first.output) {
      assert.ok(item.type === "function_call" && item.call_id !== item.id && item.id?.startsWith("fc_"));
    }
    const results = outputs(first);
    const second = await ask({ ...params, input: [...user, ...replay(first), ...results] }, streamed);
    assert.equal(
      second.output_text,
      'The tools say: get_weather -> get_weather with {"city":"sample city"}; get_time -> get_time with {}',
    );
    const orphan = ask({ ...params, input: [...user, ...results] }, streamed);
    await assert.rejects(orphan, {
      status: 400,
      param: "input",
      message: /No tool call found for function call output with call_id /,
    });
    const unanswered = ask({ ...params, input: [...user, ...replay(first), ...results.slice(1)] }, streamed);
    await assert.rejects(unanswered, { status: 400, message: /No tool output found for function call / });
  });
}
