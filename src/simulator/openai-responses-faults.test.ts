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

interface Seen {
  readonly types: readonly string[];
  readonly last: OpenAI.Responses.ResponseStreamEvent | undefined;
  readonly error: unknown;
}

/** The events that arrived, and what broke them off. */
async function stream(fault: string, input = "one two three"): Promise<Seen> {
  const events: OpenAI.Responses.ResponseStreamEvent[] = [];
  let error: unknown;
  try {
    for await (const event of await client.responses.create({ model: `fault:${fault}`, input, stream: true })) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  return { types: events.map((event) => event.type), last: events.at(-1), error };
}

test("an error breaks a stream off as it was recorded, as response.failed alone, or as one flat event", async () => {
  const usual = await stream("error-event:5");
  assert.equal(usual.types.length, 5);
  assert.ok(usual.error instanceof APIError);
  assert.equal(usual.error.code, "server_is_overloaded");
  const terminal = await stream("error-terminal:5");
  assert.ok(terminal.last?.type === "response.failed");
  assert.deepEqual([terminal.types.length, terminal.last.sequence_number, terminal.last.response.status], [6, 5, "failed"]);
  assert.equal(terminal.last.response.error?.message, "Overloaded");
  const flat = await stream("error-flat:5");
  assert.equal(flat.types.length, 5);
  assert.match(String(flat.error), /Overloaded/);
  const raw = async (fault: string): Promise<string> => {
    const body = JSON.stringify({ model: `fault:${fault}`, input: "x", stream: true });
    return (await fetch(`${simulator.url}/v1/responses`, { method: "POST", body })).text();
  };
  assert.match(await raw("error-event:2"), /"sequence_number":2,"error":\{.*event: response\.failed\n.*"sequence_number":3,/s);
  assert.match(await raw("error-event"), /^event: error\ndata: \{"type":"error","sequence_number":0,"error":\{[^\n]*\n\n$/);
  assert.match(
    await raw("error-flat:1"),
    /event: error\ndata: \{"type":"error","sequence_number":1,"code":"server_is_overloaded"/,
  );
  const preamble = await raw("preamble-then-error");
  assert.match(preamble, /response\.output_item\.added.*event: error/s);
  assert.doesNotMatch(preamble, /\.delta/);
});

test("resets, cuts and silence in mid-stream", async () => {
  const reset = await stream("reset:6");
  assert.ok(reset.error !== undefined && reset.types.length <= 6);
  const cut = await stream("truncate:-1");
  assert.deepEqual([cut.error, cut.last?.type], [undefined, "response.output_item.done"]);
  const silent = client.responses.stream({ model: "fault:stall:6", input: "one two three", stream: true });
  silent.on("response.output_text.delta", () => silent.abort());
  await assert.rejects(silent.finalResponse());
  const entry = await simulator.journal.waitFor((one) => one.fault === "stall:6" && one.outcome === "aborted");
  assert.deepEqual([entry.wire, entry.events, entry.bill?.outputTokens], ["openai-responses", 6, 2]);
  const bytes = await fetch(`${simulator.url}/v1/responses`, {
    method: "POST",
    body: JSON.stringify({ model: "fault:infinite-body", input: "one two", stream: true }),
  });
  const reader = bytes.body?.getReader();
  let seen = "";
  while (seen.length < 50_000) seen += Buffer.from((await reader?.read())?.value ?? new Uint8Array()).toString();
  await reader?.cancel();
  assert.ok(seen.split("output_text.delta").length > 100);
});

test("statuses come in this API's shape", async () => {
  const fails = async (fault: string): Promise<APIError> => {
    const { error } = await stream(fault);
    assert.ok(error instanceof APIError);
    return error;
  };
  const limited = await fails("429:7");
  assert.deepEqual([limited.status, limited.code, limited.headers?.get("retry-after")], [429, "rate_limit_exceeded", "7"]);
  assert.equal((await fails("404")).status, 404);
  const full = await fails("context-overflow");
  assert.deepEqual([full.status, full.code, full.param], [400, "context_length_exceeded", "input"]);
  assert.equal((await fails("529")).status, 529);
});

test("usage missing, early, doubled, growing", async () => {
  const usages = async (fault: string): Promise<readonly string[]> => {
    const body = JSON.stringify({ model: `fault:${fault}`, input: "one two", stream: true });
    const text = await (await fetch(`${simulator.url}/v1/responses`, { method: "POST", body })).text();
    const events = text.split("\n\n").filter((event) => event.includes('"usage":{'));
    return events.map((event) => /^event: (\S+)/.exec(event)?.[1] ?? "");
  };
  assert.deepEqual(await usages("no-usage"), []);
  assert.deepEqual(await usages("usage-misplaced"), ["response.created", "response.in_progress"]);
  assert.deepEqual(await usages("usage-twice"), ["response.created", "response.in_progress", "response.completed"]);
  assert.equal((await usages("usage-cumulative")).length, 3);
});
