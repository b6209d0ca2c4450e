import assert from "node:assert/strict";
import { it } from "node:test";
import type { Call } from "../canonical/call.ts";
import { callOf, wires } from "./testing/calls.ts";
import { refusal, rig } from "./testing/rig.ts";

const { openai, anthropic } = wires;
assert.ok(openai && anthropic);
const wire = anthropic;

function counting(model: string, callerWire = wire): Call<"count-tokens"> {
  const { operation: _, ...call } = callOf(callerWire, model, { stream: false });
  return { ...call, operation: "count-tokens" };
}

it("a count goes to a provider that counts", async () => {
  const { handler, transport, log } = rig([{ reads: ['{"input_tokens":11}'] }]);
  const call = counting("ant/claude");
  const reply = await handler(call);
  assert.ok(!reply.stream);
  assert.deepEqual(reply.result, { inputTokens: 11 });
  assert.equal(transport.asked[0]?.path, "/v1/messages/count_tokens");
  assert.deepEqual(call.warnings.list, []);
  assert.deepEqual(
    log.ended.map(({ terminal, usage }) => [terminal, usage]),
    [["finished", undefined]],
  );
});

it("where no endpoint of the provider counts, the gateway estimates: nobody is asked, nothing booked, and it is said", async () => {
  const { handler, transport, log } = rig([]);
  const call = counting("oai/gpt-5");
  const reply = await handler(call);
  assert.ok(!reply.stream);
  assert.equal(reply.result.estimated, true);
  assert.ok(reply.result.inputTokens > 4 && reply.result.inputTokens < 12, String(reply.result.inputTokens));
  assert.equal(transport.asked.length, 0);
  assert.deepEqual(log.begun, []);
  assert.deepEqual(
    call.warnings.list.map(({ kind, code }) => [kind, code]),
    [["approximated", "token_count_estimated"]],
  );
  assert.equal(call.record.provider, "oai");
  assert.equal(call.record.model, "gpt-5");
});

it("a provider that turns out to have no such endpoint is not taken for one without the model", async () => {
  for (const [status, reads] of [
    [404, "<html>nothing here</html>"],
    [405, ""],
    [501, ""],
  ] as const) {
    const { handler } = rig([{ status, reads: [reads] }]);
    const reply = await handler(counting("ant/claude"));
    assert.ok(!reply.stream && reply.result.estimated, String(status));
  }
  const missing = '{"type":"error","error":{"type":"not_found_error","message":"model: claude"}}';
  const { handler } = rig([{ status: 404, reads: [missing] }]);
  assert.equal((await refusal(handler(counting("ant/claude")))).code, "model_not_found");
});

it("only what can be estimated is: an operation nobody serves is refused", async () => {
  const { operation: _, completed: __, ...call } = callOf(wire, "ant/m", { stream: false });
  const { handler } = rig([]);
  const request = { model: "m", inputs: ["x"] };
  assert.equal((await refusal(handler({ ...call, operation: "embed", request }))).code, "unsupported");
});
