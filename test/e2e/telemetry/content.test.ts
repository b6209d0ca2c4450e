import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, pairs, startFourWires } from "../pains/kit/four-wires.ts";
import { startCollector } from "./collector.ts";

const providers = { "openai-chat": "oai", "openai-responses": "res", "anthropic-messages": "ant", gemini: "gem" } as const;

test("with observe.content a trace holds what was said, whole and in streams, relayed and translated, and no secret", async () => {
  const collector = await startCollector();
  const key = "pg-test-key-0123456789-abcdef";
  const stack = await startFourWires({
    yaml: `observe: { content: true, otlp_endpoint: "${collector.url}" }`,
    key,
    env: { OTEL_BSP_SCHEDULE_DELAY: "10" },
  });
  const ids = new Map<string, string>();
  for (const { caller, upstream } of pairs) {
    for (const stream of [false, true]) {
      const reply = await stack.post(caller, `${providers[upstream]}/echo`, asked[caller], { stream });
      assert.equal(reply.status, 200);
      ids.set(String(reply.headers["x-polygate-call-id"]), `${caller} -> ${upstream} ${stream}`);
    }
  }
  const told = await stack.post("openai-chat", "oai/echo", { messages: [{ role: "user", content: `my key is ${key}` }] });
  ids.set(String(told.headers["x-polygate-call-id"]), "secret");
  await stack.close();
  await collector.close();
  for (const [id, where] of ids) {
    const span = collector.spans.find(({ attributes }) => attributes["polygate.call_id"] === id);
    const { "gen_ai.input.messages": input, "gen_ai.output.messages": output } = span?.attributes ?? {};
    if (where === "secret") {
      assert.equal(input, '[{"role":"user","parts":[{"type":"text","content":"my key is [secret]"}]}]');
      assert.match(String(output), /my key is \[secret\]/);
      continue;
    }
    assert.equal(input, '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]', where);
    const [choice] = JSON.parse(String(output));
    assert.equal(choice.role, "assistant", where);
    assert.equal(choice.finish_reason, "tool-calls", where);
    assert.equal(choice.parts.at(-1).type, "tool_call", where);
    assert.equal(choice.parts.at(-1).name, "look", where);
  }
});
