import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Json } from "../canonical/json.ts";
import type { AttemptEnd } from "../canonical/ports.ts";
import { pricesOf } from "../catalog/prices.ts";
import { openLedger } from "./open.ts";
import { attemptEnd, attemptStart, readEntries, realClock, temporaryDirectory } from "./testing/attempts.ts";

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

async function book(ends: readonly AttemptEnd[], how: "settle" | "void" = "settle"): Promise<ReturnType<typeof readEntries>> {
  const { dataDir } = directory;
  const writer = await openLedger({ dataDir, clock: realClock });
  const prices = pricesOf("openai", { "gpt-1": { input: "1", cache_read: "0.1", output: "2.0005" } });
  const start = attemptStart(7, { prices, number: 2, labels: { team: "web" }, relayed: false, callerWire: "anthropic-messages" });
  for (const [index, end] of ends.entries()) writer.begin({ ...start, id: `a${index}` })[how](end);
  await writer.close();
  return readEntries(dataDir);
}

test("every fact of an attempt reaches its own column", async () => {
  const end = attemptEnd({
    terminal: "truncated",
    errorCode: "truncated",
    status: 206,
    finishReason: "length",
    finishRaw: "max_tokens",
    usage: {
      inputUncached: 1,
      cacheRead: 2,
      cacheWrite5m: 3,
      cacheWrite1h: 4,
      outputVisible: 5,
      outputReasoning: 6,
      reportedTotal: 22,
      modality: { inputImage: 1 },
      anomaly: "total is 22, parts are 21",
      estimated: true,
      hostedToolCalls: { web_search: 2 },
      raw: { input_tokens: 1 },
    },
    upstreamRequestId: "req_1",
    headersMs: 1.25,
    firstContentMs: 2.5,
    durationMs: 3.0004,
    warnings: [{ kind: "dropped", code: "seed_ignored", at: "seed" }],
  });
  const [row] = await book([end]);
  assert.deepEqual(
    { ...row },
    {
      seq: 1,
      attempt_id: "a0",
      call_id: "call_000000000007",
      number: 2,
      outcome: "settled",
      key_id: "dev",
      labels: '{"team":"web"}',
      operation: "chat",
      caller_wire: "anthropic-messages",
      provider: "openai",
      provider_wire: "openai-chat",
      relayed: 0,
      stream: 1,
      requested_model: "openai/gpt",
      upstream_model: "gpt",
      served_model: "gpt-1",
      started_at: 1_700_000_000_007,
      duration_us: 3000,
      headers_us: 1250,
      first_content_us: 2500,
      terminal: "truncated",
      error_code: "truncated",
      status: 206,
      finish_reason: "length",
      finish_raw: "max_tokens",
      input_uncached: 1,
      cache_read: 2,
      cache_write_5m: 3,
      cache_write_1h: 4,
      output_visible: 5,
      output_reasoning: 6,
      reported_total: 22,
      modality: '{"inputImage":1}',
      hosted_tool_calls: '{"web_search":2}',
      usage_estimated: 1,
      usage_anomaly: "total is 22, parts are 21",
      usage_raw: '{"input_tokens":1}',
      upstream_request_id: "req_1",
      // 1 x 1 + 2 x 0.1 + (3 + 4) x 1 + 11 x 2.0005 = 30.2055 millionths of a dollar, rounded once.
      cost_nano: 30_206,
      price_version: "configuration",
      cost_exact: 0,
      warnings: '[{"kind":"dropped","code":"seed_ignored","at":"seed"}]',
    },
  );
});

test("what is not known stays empty, and a void attempt says so", async () => {
  const [row] = await book([{ terminal: "error", errorCode: "unreachable", durationMs: 1, warnings: [] }], "void");
  const filled = Object.entries(row ?? {}).filter(([, value]) => value !== null);
  assert.equal(row?.["outcome"], "void");
  assert.deepEqual(
    filled.map(([name]) => name).filter((name) => /token|cache|input|output|usage|warning|model|finish|status/.test(name)),
    ["requested_model", "upstream_model"],
  );
});

test("counts no integer column can hold are left empty and flagged, and the raw usage is kept", async () => {
  const raw = { prompt_tokens: "many" };
  const usage = {
    inputUncached: Number.NaN,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputVisible: 1.5,
    outputReasoning: 0,
    raw,
  };
  const [row] = await book([attemptEnd({ usage, durationMs: Number.NaN })]);
  assert.equal(row?.["input_uncached"], null);
  assert.equal(row?.["output_visible"], null);
  assert.equal(row?.["usage_anomaly"], "a count is not a whole number");
  assert.equal(row?.["usage_raw"], '{"prompt_tokens":"many"}');
  assert.equal(row?.["duration_us"], 0);
});

test("a provider cannot blow a row up", async () => {
  const usage = { ...attemptEnd().usage, raw: "x".repeat(1_000_000) };
  const end = attemptEnd({ servedModel: "m".repeat(100_000), finishRaw: "\u0000🦊".repeat(1000) });
  assert.ok(end.usage);
  const [row] = await book([{ ...end, usage: { ...end.usage, ...usage } }]);
  assert.equal(row?.["usage_raw"], '{"omitted_bytes":1000002}');
  assert.ok(JSON.stringify(row).length < 4000);
});

test("usage nested deeper than anyone can write costs neither its row nor its neighbours", async () => {
  const deep: Json = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  const usage = { ...attemptEnd().usage, raw: { deep } };
  const rows = await book([attemptEnd(), attemptEnd({ usage: { ...noCounts, ...usage } }), attemptEnd()]);
  assert.deepEqual(
    rows.map((row) => row?.["usage_raw"] === '{"omitted":"nested too deep"}'),
    [false, true, false],
  );
});

const noCounts = { inputUncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, outputVisible: 0, outputReasoning: 0 };
