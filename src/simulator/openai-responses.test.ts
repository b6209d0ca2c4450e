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

for (const streamed of [false, true]) {
  test(`a custom tool takes free text, ${streamed ? "streamed" : "whole"}`, async () => {
    const params: Params = {
      model: "tools",
      input: "go",
      tools: [{ type: "custom", name: "run" }, weather],
      tool_choice: { type: "custom", name: "run" },
    };
    const first = await ask(params, streamed);
    const [spoken, call] = first.output;
    assert.ok(spoken?.type === "message" && call?.type === "custom_tool_call");
    assert.equal(first.output_text, "I will call run.");
    assert.deepEqual([call.name, call.input], ["run", "sample input 1"]);
    const answered: Input = [
      { role: "user", content: "go" },
      call,
      { type: "custom_tool_call_output", call_id: call.call_id, output: "done" },
    ];
    const second = await ask({ ...params, input: answered, tool_choice: "auto" }, streamed);
    assert.equal(second.output_text, "The tools say: run -> done");
    const mixed: Input = [answered[0] ?? call, call, { type: "function_call_output", call_id: call.call_id, output: "done" }];
    await assert.rejects(ask({ ...params, input: mixed }, streamed), /No tool call found/);
  });

  test(`refusal, limit, filter, schema, logprobs, ${streamed ? "streamed" : "whole"}`, async () => {
    const refused = await ask({ model: "refuser", input: "a" }, streamed);
    const [message] = refused.output;
    assert.ok(message?.type === "message" && message.content[0]?.type === "refusal");
    assert.match(message.content[0].refusal, /can't help/);
    const cut = await ask({ model: "words:100", input: "a", max_output_tokens: 16 }, streamed);
    assert.deepEqual([cut.status, cut.incomplete_details?.reason], ["incomplete", "max_output_tokens"]);
    assert.equal(cut.output_text.split(" ").length, 16);
    const filtered = await ask({ model: "filtered", input: "a b" }, streamed);
    assert.deepEqual([filtered.status, filtered.incomplete_details?.reason], ["incomplete", "content_filter"]);
    const schema = {
      type: "object",
      properties: { n: { type: "integer" } },
      required: ["n"],
      additionalProperties: false,
    };
    const text = { format: { type: "json_schema" as const, name: "thing", schema, strict: true } };
    assert.equal((await ask({ model: "echo", input: "x", text }, streamed)).output_text, '{"n":7}');
    const logged = await ask(
      { model: "echo", input: "a b", include: ["message.output_text.logprobs"], top_logprobs: 2 },
      streamed,
    );
    const [said] = logged.output;
    assert.ok(said?.type === "message" && said.content[0]?.type === "output_text");
    assert.equal(said.content[0].logprobs?.[1]?.top_logprobs.length, 2);
  });
}

test("media are named by type and size, in messages and in results", async () => {
  const data = Buffer.from("12345").toString("base64");
  const image = { type: "input_image" as const, image_url: `data:image/png;base64,${data}`, detail: "auto" as const };
  const file = { type: "input_file" as const, filename: "a.pdf", file_data: `data:application/pdf;base64,${data}` };
  const shown = await client.responses.create({
    model: "echo",
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "look" },
          image,
          { type: "input_image", image_url: "https://example.com/a.png", detail: "low" },
          file,
          { type: "input_file", file_id: "file-1" },
        ],
      },
    ],
  });
  assert.equal(
    shown.output_text,
    "look [image/png 5 bytes] [image at https://example.com/a.png] [application/pdf 5 bytes] [file file-1]",
  );
  const returned = await client.responses.create({
    model: "echo",
    input: [
      { type: "function_call", call_id: "call_1", name: "snap", arguments: "{}" },
      { type: "function_call_output", call_id: "call_1", output: [image] },
    ],
  });
  assert.equal(returned.output_text, "The tools say: snap -> [image/png 5 bytes]");
});

test("errors have the service's words, param and code", async () => {
  const refused = async (params: object, status: number, param: string | null, code: string | null): Promise<void> => {
    const reply = await fetch(`${simulator.url}/v1/responses`, { method: "POST", body: JSON.stringify(params) });
    const body = JSON.parse(await reply.text());
    assert.deepEqual([reply.status, body.error.param, body.error.code], [status, param, code], body.error.message);
  };
  const good = { model: "echo", input: "x" };
  await refused({ ...good, model: "missing" }, 400, "model", "model_not_found");
  await refused({ model: "echo" }, 400, "input", "missing_required_parameter");
  await refused({ ...good, temperature: 3 }, 400, "temperature", "decimal_above_max_value");
  await refused({ ...good, max_output_tokens: 15 }, 400, "max_output_tokens", "integer_below_min_value");
  await refused(
    { ...good, previous_response_id: "a", conversation: "b" },
    400,
    "previous_response_id",
    "previous_response_not_found",
  );
  const long = { type: "function_call", call_id: "c".repeat(65), name: "f", arguments: "{}" };
  await refused({ ...good, input: [long] }, 400, "input[0].call_id", "string_above_max_length");
  const wrong = { role: "assistant", content: [{ type: "input_text", text: "x" }] };
  await refused({ ...good, input: [wrong] }, 400, "input[0].content[0].type", "invalid_value");
  const loose = { type: "function", name: "f", strict: true, parameters: { type: "object", properties: { a: {} } } };
  await refused({ ...good, tools: [loose] }, 400, "tools[0].parameters", "invalid_function_parameters");
  await refused({ ...good, tool_choice: { type: "function", name: "g" } }, 400, "tool_choice", null);
  await refused({ ...good, text: { format: { type: "json_object" } } }, 400, "input", null);
});
