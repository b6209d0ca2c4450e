import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import type { Usage } from "../canonical/usage.ts";
import type { CallFacts } from "./call-facts.ts";
import { mergedMetrics, openMetrics } from "./metrics.ts";
import { ModelLabels } from "./model-labels.ts";

const start: AttemptStart = {
  id: "call_1.1",
  callId: "call_1",
  number: 1,
  keyId: "dev",
  labels: {},
  operation: "chat",
  callerWire: "openai-chat",
  provider: "oai",
  providerWire: "openai-chat",
  relayed: true,
  stream: false,
  requestedModel: "oai/m",
  upstreamModel: "m",
  startedAt: 0,
};
const usage: Usage = {
  inputUncached: 10,
  cacheRead: 5,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  outputVisible: 7,
  outputReasoning: 0,
  raw: null,
};
const finished: AttemptEnd = { terminal: "finished", usage, durationMs: 3, warnings: [] };
const failed: AttemptEnd = { terminal: "error", errorCode: "overloaded", durationMs: 3, warnings: [] };

function call(more: Partial<CallFacts>): CallFacts {
  return {
    id: "call_1",
    keyId: "dev",
    wire: "openai-chat",
    operation: "chat",
    stream: true,
    requestedModel: "oai/m",
    provider: "oai",
    upstreamModel: "m",
    servedModel: "m",
    attempts: 1,
    terminal: "finished",
    code: undefined,
    message: undefined,
    status: 200,
    durationMs: 300,
    firstContentMs: 20,
    finishReason: "stop",
    usage,
    costNano: undefined,
    ...more,
  };
}

describe("metrics", () => {
  it("count calls, attempts, tokens and costs, read any number of times", async () => {
    const metrics = await openMetrics();
    metrics.attemptBegan(start, undefined);
    metrics.attemptEnded(start, failed, undefined);
    metrics.attemptBegan(start, { kind: "retry", reason: "overloaded" });
    metrics.attemptEnded(start, finished, { nano: 2_500_000n, priceVersion: "1", exact: true });
    metrics.callEnded(call({ attempts: 2 }));
    await metrics.text();
    metrics.attemptEnded(start, finished, undefined);
    metrics.callEnded(call({ terminal: "cancelled", code: "cancelled" }));
    metrics.refused("unauthenticated");
    const { text, contentType } = await metrics.text();
    assert.match(contentType, /^text\/plain; version=0\.0\.4/);
    const of = 'provider="oai",model="m"';
    for (const line of [
      `polygate_calls_total{wire="openai-chat",operation="chat",${of},terminal="finished",code=""} 1`,
      `polygate_calls_total{wire="openai-chat",operation="chat",${of},terminal="cancelled",code="cancelled"} 1`,
      'polygate_attempts_total{provider="oai",model="other",terminal="error",code="overloaded"} 1',
      `polygate_attempts_total{${of},terminal="finished",code=""} 2`,
      'polygate_repeated_attempts_total{provider="oai",kind="retry",reason="overloaded"} 1',
      `polygate_tokens_total{${of},kind="input_uncached"} 20`,
      `polygate_tokens_total{${of},kind="cache_read"} 10`,
      `polygate_tokens_total{${of},kind="output_visible"} 14`,
      `polygate_cost_dollars_total{${of}} 0.0025`,
      `polygate_unpriced_attempts_total{${of}} 1`,
      'polygate_error_replies_total{code="unauthenticated"} 1',
      `polygate_call_duration_seconds_count{operation="chat",${of},stream="true"} 2`,
      `polygate_first_content_seconds_sum{operation="chat",${of}} 0.04`,
    ]) {
      assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
    }
  });

  it("are bounded, whatever callers name", async () => {
    const metrics = await openMetrics();
    for (let i = 0; i < 5000; i++) {
      const one = { ...start, upstreamModel: `invented-${i}` };
      metrics.attemptEnded(one, i % 2 === 0 ? failed : finished, undefined);
      metrics.callEnded(call({ upstreamModel: `invented-${i}` }));
    }
    const { text } = await metrics.text();
    const models = new Set([...text.matchAll(/model="([^"]*)"/g)].map(([, name]) => name));
    assert.equal(models.size, 201);
    assert.ok(models.has("other"));
    assert.ok(text.length < 1_500_000);
  });

  it("of several processes are added up", async () => {
    const snapshots = await Promise.all(
      [3, 5].map(async (value) => {
        const metrics = await openMetrics();
        metrics.callEnded(call({}));
        metrics.attemptEnded(start, finished, undefined);
        metrics.add([
          { name: "lag", help: "Lag.", kind: "gauge", read: () => value, of: "max" },
          { name: "open", help: "Open.", kind: "gauge", read: () => value },
          { name: "done_total", help: "Done.", kind: "counter", read: () => value },
        ]);
        return structuredClone(await metrics.snapshot());
      }),
    );
    const { text } = await mergedMetrics(snapshots);
    for (const line of ["lag 5", "open 8", "done_total 8"]) assert.ok(text.split("\n").includes(line), text);
    assert.match(text, /^polygate_tokens_total\{provider="oai",model="m",kind="input_uncached"\} 20$/m);
    assert.match(text, /^polygate_call_duration_seconds_count\{.*\} 2$/m);
  });

  it("of two gateways share nothing", async () => {
    const [one, other] = [await openMetrics(), await openMetrics()];
    one.refused("not_found");
    one.add([{ name: "x_total", help: "X.", kind: "counter", read: () => 3 }]);
    const texts = [(await one.text()).text, (await other.text()).text];
    assert.match(texts[0] ?? "", /^x_total 3$/m);
    assert.doesNotMatch(texts[1] ?? "", /not_found|x_total/);
  });
});

it("a model becomes a label once a provider has answered it", () => {
  const labels = new ModelLabels();
  assert.equal(labels.of("p", "m", false), "other");
  assert.equal(labels.of("p", "m", true), "m");
  assert.equal(labels.of("p", "m", false), "m");
  assert.equal(labels.of("q", "m", false), "other");
  assert.equal(labels.of("p", "x".repeat(200), true), "other");
});
