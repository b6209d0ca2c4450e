import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { asked, pairs, startFourWires } from "../pains/kit/four-wires.ts";
import { ask } from "../reliability/ask.ts";

const providers = { "openai-chat": "oai", "openai-responses": "res", "anthropic-messages": "ant", gemini: "gem" } as const;

/** The samples of a metric, with their labels as they are written. */
function samples(text: string, name: string): readonly { readonly labels: string; readonly value: number }[] {
  return [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, "gm"))].map(([, labels = "", value]) => ({
    labels,
    value: Number(value),
  }));
}

const sum = (text: string, name: string, having = ""): number =>
  samples(text, name).reduce((total, { labels, value }) => (labels.includes(having) ? total + value : total), 0);

test("the metrics say what the ledger says, whatever became of the calls", { timeout: 60_000 }, async (t) => {
  const stack = await startFourWires({ yaml: "observe: { metrics: public }" });
  try {
    const metrics = async (): Promise<string> =>
      (await ask(stack.address, "openai", "", { method: "GET", path: "/metrics" })).text;
    let calls = 0;
    for (const { caller, upstream } of pairs) {
      for (const model of ["echo", "fault:400", "fault:error-event:3", "fault:fail-then-ok:1"]) {
        await stack.post(caller, `${providers[upstream]}/${model}`, asked[caller], { stream: calls % 2 === 0 });
        calls++;
      }
    }
    await stack
      .post("openai-chat", "oai/echo-slow", asked["openai-chat"], { stream: true, onText: (_, request) => request.destroy() })
      .catch(() => {});
    calls++;
    await stack.post("openai-chat", "nobody/x", asked["openai-chat"]);
    calls++;
    await ask(stack.address, "openai", {}, { key: "wrong" });
    let text = await metrics();
    while (sum(text, "polygate_calls_in_flight") > 0) text = await metrics();
    const rows = await stack.ledger();
    assert.equal(sum(text, "polygate_calls_total"), calls);
    assert.equal(sum(text, "polygate_attempts_total"), rows.length);
    assert.equal(sum(text, "polygate_call_duration_seconds_count"), calls);
    for (const bucket of ["input_uncached", "cache_read", "output_visible", "output_reasoning"] as const) {
      const booked = rows.reduce((total, row) => total + Number(row[bucket] ?? 0), 0);
      assert.equal(sum(text, "polygate_tokens_total", `kind="${bucket}"`), booked, bucket);
    }
    for (const terminal of ["finished", "error", "cancelled"]) {
      assert.equal(
        sum(text, "polygate_attempts_total", `terminal="${terminal}"`),
        rows.filter((row) => row.terminal === terminal).length,
      );
    }
    assert.equal(
      sum(text, "polygate_repeated_attempts_total", 'kind="retry"'),
      rows.filter(({ number }) => Number(number) > 1).length,
    );
    assert.equal(sum(text, "polygate_error_replies_total", 'code="unauthenticated"'), 1);
    assert.equal(sum(text, "polygate_ledger_open_attempts"), 0);
    assert.equal(sum(text, "polygate_ledger_rows_lost_total"), 0);
    assert.ok(sum(text, "polygate_connections") >= 1);
    assert.ok(sum(text, "process_resident_memory_bytes") > 1e7);
    assert.equal(samples(text, "nodejs_eventloop_lag_p99_seconds").length, 1);
    const documented = readFileSync(new URL("../../../docs/observability.md", import.meta.url), "utf8");
    for (const [, name = ""] of text.matchAll(/^# HELP (\S+)/gm))
      assert.ok(documented.includes(`\`${name}\``), `${name} is not in docs/observability.md`);
    t.diagnostic(`${calls} calls, ${rows.length} attempts; ${text.length} characters of metrics`);
  } finally {
    await stack.close();
  }
});
