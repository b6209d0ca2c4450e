import assert from "node:assert/strict";
import { createHash } from "node:crypto";
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

type Input = OpenAI.Responses.ResponseInput;

const weather: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const user: Input = [{ role: "user", content: "weather?" }];

const items = (response: OpenAI.Responses.Response) => {
  const [thought, call] = response.output;
  assert.ok(thought?.type === "reasoning" && call?.type === "function_call");
  return { thought, call };
};

const result = (call: { readonly call_id: string }) =>
  ({ type: "function_call_output", call_id: call.call_id, output: "sunny" }) as const;

/** Refused with this status, code and sentence. */
async function refused(asked: Promise<unknown>, status: number, code: string | null, sentence: RegExp): Promise<void> {
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof APIError, String(error));
    assert.deepEqual([error.status, error.code ?? null], [status, code]);
    assert.match(error.message, sentence);
    return true;
  });
}

for (const streamed of [false, true]) {
  test(`thoughts that carry themselves, ${streamed ? "streamed" : "whole"}: verified, bound to their item, needed by none`, async () => {
    const params = {
      model: "reasoner",
      tools: [weather],
      store: false,
      reasoning: { effort: "low" as const, summary: "auto" as const },
      include: ["reasoning.encrypted_content" as const],
    };
    const ask = (input: Input) =>
      streamed
        ? client.responses.stream({ ...params, input, stream: true }).finalResponse()
        : client.responses.create({ ...params, input });
    const first = await ask(user);
    const { thought, call } = items(first);
    assert.match(thought.summary[0]?.text ?? "", /^The caller wants/);
    assert.ok((first.usage?.output_tokens_details.reasoning_tokens ?? 0) > 5);
    const second = await ask([...user, thought, call, result(call)]);
    assert.match(second.output_text, /get_weather -> sunny/);
    const changed = (data: string): Input => [...user, { ...thought, encrypted_content: data }, call, result(call)];
    const data = thought.encrypted_content ?? "";
    await refused(ask(changed(`${data.slice(0, -8)}AAAAAAAA`)), 400, "invalid_encrypted_content", /could not be verified/);
    const moved: Input = [...user, { ...thought, id: "rs_other" }, call, result(call)];
    await refused(ask(moved), 400, "invalid_encrypted_content", /item_id did not match/);
    const { encrypted_content, ...bare } = thought;
    const lost = new RegExp(`Item with id '${thought.id}' not found. Items are not persisted when \`store\` is set to false`);
    await refused(ask([...user, bare, call, result(call)]), 404, null, lost);
    await refused(ask([...user, thought, result(call)]), 400, null, /required following item/);
  });
}

test("what a stream shows first of encrypted thoughts is not whole yet", async () => {
  const stream = await client.responses.create({
    model: "reasoner",
    input: "hi",
    store: false,
    include: ["reasoning.encrypted_content"],
    stream: true,
  });
  const seen: (string | null | undefined)[] = [];
  for await (const event of stream) {
    if (event.type !== "response.output_item.added" && event.type !== "response.output_item.done") continue;
    if (event.item.type === "reasoning") seen.push(event.item.encrypted_content);
  }
  const [early, late] = seen;
  assert.ok(early && late && late.length > early.length);
  const ask = (encrypted: string) =>
    client.responses.create({
      model: "echo",
      input: [
        { type: "reasoning", id: "", summary: [], encrypted_content: encrypted },
        { role: "assistant", content: "x" },
      ],
    });
  await assert.rejects(ask(early), /could not be verified/);
});

test("stored thoughts may be referred to, and are required by what followed them", async () => {
  const params = { model: "reasoner", tools: [weather] };
  const { thought, call } = items(await client.responses.create({ ...params, input: user }));
  assert.deepEqual([thought.summary, thought.encrypted_content], [[], undefined]);
  const referred: Input = [
    ...user,
    { type: "item_reference", id: thought.id },
    { type: "item_reference", id: call.id ?? "" },
    result(call),
  ];
  assert.match((await client.responses.create({ ...params, input: referred })).output_text, /sunny/);
  const without = client.responses.create({ ...params, input: [...user, call, result(call)] });
  const sentence = new RegExp(
    `Item '${call.id}' of type 'function_call' was provided without its required 'reasoning' item: '${thought.id}'`,
  );
  await refused(without, 400, null, sentence);
  const { id, ...nameless } = call;
  await client.responses.create({ ...params, input: [...user, nameless, result(call)] });
  const unknown = client.responses.create({ model: "echo", input: [...user, { type: "item_reference", id: "msg_none" }] });
  await refused(unknown, 404, null, /Item with id 'msg_none' not found\.$/);
});

test("previous_response_id continues what was stored; what was not stored, deleted or is another's is not found", async () => {
  const first = await client.responses.create({ model: "parallel", tools: [weather], input: "weather?", instructions: "one" });
  const results = first.output.filter((item) => item.type === "function_call").map(result);
  const more = { model: "echo", previous_response_id: first.id };
  const second = await client.responses.create({ ...more, input: results });
  assert.equal(second.output_text, "The tools say: get_weather -> sunny; get_weather -> sunny");
  assert.equal(second.previous_response_id, first.id);
  await refused(client.responses.create({ ...more, input: "go on" }), 400, null, /No tool output found for function call /);
  const third = await client.responses.create({ model: "echo", previous_response_id: second.id });
  assert.equal(third.output_text, "weather?");

  const gone = (id: string, by = client) => {
    const sentence = new RegExp(`Previous response with id '${id}' not found\\.`);
    const asked = by.responses.create({ model: "echo", input: "x", previous_response_id: id });
    return refused(asked, 400, "previous_response_not_found", sentence);
  };
  const unkept = await client.responses.create({ model: "echo", input: "x", store: false });
  await gone(unkept.id);
  await gone(third.id, client.withOptions({ apiKey: "sk-other" }));
  await client.responses.delete(third.id);
  await gone(third.id);
});

test("a stored response is given back, listed, cancelled and deleted; the journal tells who asked where", async () => {
  const made = await client.responses.stream({ model: "echo", input: user, stream: true }).finalResponse();
  const kept = await client.responses.retrieve(made.id);
  assert.deepEqual([kept.id, kept.output_text, kept.output[0]?.id], [made.id, "weather?", made.output[0]?.id]);
  const page = await client.responses.inputItems.list(made.id);
  const [item] = page.data;
  assert.ok(item?.type === "message" && item.id);
  assert.deepEqual(item.content, [{ type: "input_text", text: "weather?" }]);
  await refused(client.responses.cancel(made.id), 400, null, /Cannot cancel a synchronous response/);
  const behind = await client.responses.create({ model: "echo", input: "later", background: true });
  assert.equal(behind.status, "queued");
  assert.equal((await client.responses.retrieve(behind.id)).output_text, "later");
  assert.equal((await client.responses.cancel(behind.id)).status, "cancelled");
  await client.responses.delete(made.id);
  await refused(client.responses.retrieve(made.id), 404, null, /Response with id 'resp_\w+' not found/);
  const entry = simulator.journal.entries.at(-1);
  assert.deepEqual(
    [entry?.method, entry?.path, entry?.wire, entry?.status, entry?.credential],
    ["GET", `/v1/responses/${made.id}`, "openai-responses", 404, createHash("sha256").update("sk-test").digest("hex")],
  );
});

test("input tokens are counted as they are billed", async () => {
  const params = { model: "echo", input: user, tools: [weather], instructions: "be brief" };
  const { input_tokens, object } = await client.responses.inputTokens.count(params);
  const reply = await client.responses.create(params);
  assert.deepEqual([object, input_tokens], ["response.input_tokens", reply.usage?.input_tokens]);
});
