import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { forgetful, type Remembering, startRemembering } from "./gateway.ts";

/* `previous_response_id` before providers that keep nothing: the gateway remembers what was said. */

type Response = OpenAI.Responses.Response;
type Request = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "stream">;

const weather: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: false,
};
const thinking = { reasoning: { effort: "high", summary: "auto" } } as const;

let gateway: Remembering;
before(async () => {
  gateway = await startRemembering();
});
after(() => gateway.close());

const calls = (): number => gateway.simulator.journal.entries.length;
const lastBody = (): string => JSON.stringify(gateway.simulator.journal.entries.at(-1)?.body);

async function refused(asked: Promise<unknown>, status: number, code: string, sentence: RegExp): Promise<void> {
  const before = calls();
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof OpenAI.APIError, String(error));
    assert.deepEqual([error.status, error.code], [status, code]);
    assert.match(error.message, sentence);
    return true;
  });
  assert.equal(calls(), before, "a provider was asked");
}

const say = (request: Request, streamed = false): Promise<Response> =>
  streamed ? gateway.dev.responses.stream(request).finalResponse() : gateway.dev.responses.create(request);

const resultsOf = (response: Response, output: string): OpenAI.Responses.ResponseInputItem[] =>
  response.output
    .filter((item) => item.type === "function_call")
    .map(({ call_id }) => ({ type: "function_call_output", call_id, output }));

/** The SDK's type does not name it. */
const storeOf = (told: object): unknown => Object.entries(told).find(([field]) => field === "store")?.[1];

for (const provider of forgetful) {
  describe(`the conversation goes on at ${provider}`, () => {
    for (const streamed of [false, true]) {
      test(`over three turns with tools and thoughts${streamed ? ", streamed" : ""}`, async () => {
        const request = { model: `${provider}/thinking-agent`, tools: [weather], instructions: "Be brief.", ...thinking };
        const first = await say({ ...request, input: "Weather in Oslo?" }, streamed);
        assert.match(first.id, /^resp_pg_[0-9a-f]{32}$/);
        const second = await say({ ...request, previous_response_id: first.id, input: resultsOf(first, "again") }, streamed);
        assert.equal(second.previous_response_id, first.id);
        const third = await say(
          { ...request, previous_response_id: second.id, input: resultsOf(second, "minus five") },
          streamed,
        );
        assert.match(third.output_text, /minus five/);
        // Instructions are each request's own.
        const { instructions: _, ...plain } = request;
        const fourth = await say({ ...plain, tools: [], previous_response_id: third.id, input: "And what did I ask?" }, streamed);
        assert.equal(fourth.output_text, "And what did I ask?");
        const sent = lastBody();
        for (const said of ["Weather in Oslo?", "again", "minus five", "And what did I ask?"])
          assert.ok(sent.includes(said), `${said} in ${sent}`);
        assert.equal(sent.includes("Be brief."), false, sent);
        assert.equal(sent.includes("resp_pg_"), false, sent);
      });
    }

    test("branches, and elsewhere: another model reads the same conversation", async () => {
      const first = await say({ model: `${provider}/echo`, input: "I am Ann" });
      for (const other of [...forgetful, "res"]) {
        const next = await say({ model: `${other}/echo`, input: "who am I", previous_response_id: first.id });
        assert.equal(next.output_text, "who am I");
        assert.match(lastBody(), /I am Ann.*who am I/);
        assert.equal(lastBody().includes("resp_pg_"), false);
        // A provider that keeps answers keeps this one itself, with all that was said.
        assert.equal(next.id.startsWith("resp_pg_"), other !== "res");
        const last = await say({ model: `${other}/echo`, input: "really", previous_response_id: next.id });
        assert.equal(last.output_text, "really");
      }
    });

    test("is nobody else's, and not when its caller said not to keep it", async () => {
      const body = { model: `${provider}/echo`, input: "I am Ann" };
      const first = await say(body);
      const asked = gateway.ops.responses.create({ ...body, previous_response_id: first.id });
      const code = "previous_response_not_found";
      await refused(asked, 400, code, /^400 Previous response with id 'resp_pg_\w+' not found\..*Send the whole conversation/);
      await refused(gateway.ops.responses.retrieve(first.id), 404, "not_found", /not found/);
      await refused(gateway.ops.responses.delete(first.id), 404, "not_found", /not found/);
      assert.equal(storeOf(first), true);
      const unkept = await say({ ...body, store: false });
      assert.equal(storeOf(unkept), false);
      await refused(say({ ...body, previous_response_id: unkept.id }), 400, code, /store: false/);
    });

    for (const streamed of [false, true]) {
      test(`is read as it was told, and deleted${streamed ? ", streamed" : ""}`, async () => {
        const request = { model: `${provider}/thinking-agent`, tools: [weather], metadata: { a: "b" }, ...thinking };
        const first = await say({ ...request, input: "Weather?" }, streamed);
        const { output_text: _, ...told } = first;
        const { output_text: __, ...read } = await gateway.dev.responses.retrieve(first.id);
        assert.deepEqual(read, unparsed(told));
        const second = await say({ ...request, previous_response_id: first.id, input: resultsOf(first, "done") });
        const deleted: unknown = await gateway.dev.responses.delete(first.id);
        assert.deepEqual(deleted, { id: first.id, object: "response", deleted: true });
        for (const id of [first.id, "resp_pg_00000000000000000000000000000000"])
          await refused(gateway.dev.responses.retrieve(id), 404, "not_found", /not found/);
        await refused(
          say({ ...request, previous_response_id: second.id, input: "x" }),
          400,
          "previous_response_not_found",
          /not found/,
        );
        await refused(gateway.dev.responses.cancel(second.id), 400, "invalid_request", /nothing left to cancel/);
      });
    }
  });
}

/** What the stream helper has parsed is its user's alone. */
function unparsed(response: object): unknown {
  return JSON.parse(JSON.stringify(response), (field, value) => (/^(?:output_)?parsed/.test(field) ? undefined : value));
}

test("answers are forgotten after their time, and with the gateway's memory", async () => {
  const body = { model: "ant/echo", input: "I am Ann" };
  const first = await say(body);
  gateway.wait(3_000_000);
  const second = await say({ ...body, previous_response_id: first.id });
  gateway.wait(3_000_000);
  const third = await say({ ...body, previous_response_id: second.id });
  gateway.wait(3_601_000);
  const code = "previous_response_not_found";
  await refused(say({ ...body, previous_response_id: third.id }), 400, code, /conversations\.ttl/);
  const fourth = await say(body);
  await gateway.restart();
  await refused(say({ ...body, previous_response_id: fourth.id }), 400, code, /conversations\.ttl/);
});

test("answers that a provider keeps stay with it", async () => {
  const kept = await say({ model: "res/echo", input: "I am Ann" });
  const elsewhere = say({ model: "ant/echo", input: "x", previous_response_id: kept.id });
  await refused(elsewhere, 400, "invalid_request", /kept by res/);
});

test("an answer that its caller broke off, or its provider, is none", async () => {
  const stream = await gateway.dev.responses.create({ model: "ant/echo-slow", input: "one two three", stream: true });
  let id = "";
  for await (const event of stream) {
    if (event.type === "response.created") id = event.response.id;
    if (event.type === "response.output_text.delta") break;
  }
  assert.match(id, /^resp_pg_/);
  await refused(
    say({ model: "ant/echo", input: "x", previous_response_id: id }),
    400,
    "previous_response_not_found",
    /not found/,
  );
});

test("input tokens are counted of the whole conversation", async () => {
  const first = await say({ model: "ant/echo", input: `I am Ann ${"and on ".repeat(100)}` });
  const count = (previous?: string) =>
    gateway.dev.responses.inputTokens.count({
      model: "ant/echo",
      input: "who",
      ...(previous !== undefined && { previous_response_id: previous }),
    });
  const [alone, whole] = [await count(), await count(first.id)];
  assert.ok(whole.input_tokens > alone.input_tokens + 200, `${alone.input_tokens} and ${whole.input_tokens}`);
});
