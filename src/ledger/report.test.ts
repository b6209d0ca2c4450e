import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import { pricesOf } from "../catalog/prices.ts";
import { openLedger } from "./open.ts";
import { openLedgerReader } from "./reader.ts";
import { type ReportBy, type UsageReport, usageReport } from "./report.ts";
import { attemptEnd, attemptStart, realClock, temporaryDirectory } from "./testing/attempts.ts";

const directory = temporaryDirectory();
const at = attemptStart(0).startedAt;

before(async () => {
  const writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  let index = 0;
  const book = (start: Partial<AttemptStart>, end: Partial<AttemptEnd>, how: "settle" | "void" = "settle"): unknown =>
    writer.begin(attemptStart(index++, start))[how](attemptEnd(end));
  const failed = { terminal: "error", usage: undefined, servedModel: undefined, status: 503 } as const;
  // One call: two failures at openai, then anthropic answers with another model than was asked for.
  book({ callId: "c1", number: 1 }, failed);
  book({ callId: "c1", number: 2 }, failed);
  const usage = {
    inputUncached: 2 ** 52,
    cacheRead: 1,
    cacheWrite5m: 2,
    cacheWrite1h: 3,
    outputVisible: 4,
    outputReasoning: 5,
    raw: null,
  };
  const prices = pricesOf("anthropic", { "claude-2": { input: "0.001", cache_read: "0", cache_write_5m: "0", output: "0" } });
  book({ callId: "c1", number: 3, provider: "anthropic", upstreamModel: "claude", prices }, { servedModel: "claude-2", usage });
  book(
    { callId: "c2", keyId: "ops", provider: "anthropic", upstreamModel: "claude", prices },
    { servedModel: "claude-2", usage: { ...usage, inputUncached: 2 ** 52 + 1 } },
  );
  book({ callId: "c3" }, { terminal: "cancelled", usage: undefined, firstContentMs: 3 });
  book({ callId: "c4" }, { terminal: "truncated", usage: { ...usage, inputUncached: 7, estimated: true } });
  book({ callId: "c5" }, failed, "void");
  book({ callId: "long ago", startedAt: at - 1 }, {});
  book({ callId: "later", startedAt: at + 1000 }, {});
  await writer.close();
});
after(() => directory.remove());

async function report(by: ReportBy): Promise<UsageReport> {
  const db = openLedgerReader(directory.dataDir);
  assert.ok(db);
  return usageReport(db, { sinceMs: at, untilMs: at + 1000 }, by).finally(() => db.destroy());
}

test("by model: a call that fell back counts where it went, tokens belong to the model that served, sums past 2^53 are exact", async () => {
  const { lines, total } = await report("model");
  assert.deepEqual(
    lines.map(({ provider, model, calls, attempts, errors }) => [provider, model, calls, attempts, errors]),
    [
      ["anthropic", "claude-2", 2n, 2n, 0n],
      ["openai", "gpt-1", 2n, 2n, 1n],
      ["openai", "gpt", 2n, 3n, 3n],
    ],
  );
  assert.equal(lines[0]?.inputUncached, 9_007_199_254_740_993n);
  assert.deepEqual(
    [lines[0]?.cacheRead, lines[0]?.cacheWrite, lines[0]?.outputVisible, lines[0]?.outputReasoning],
    [2n, 10n, 8n, 10n],
  );
  assert.deepEqual(
    { ...total },
    {
      calls: 5n,
      attempts: 7n,
      errors: 4n,
      cancelled: 1n,
      inputUncached: 9_007_199_254_741_000n,
      cacheRead: 3n,
      cacheWrite: 15n,
      outputVisible: 12n,
      outputReasoning: 15n,
      estimated: 1n,
      withoutUsage: 1n,
      // 2^52 and 2^52 + 1 tokens at a thousand pico-dollars each: more than a double holds. The third attempt has no price.
      costNano: 2n ** 53n + 1n,
      withoutPrice: 1n,
    },
  );
});

test("by provider and by key", async () => {
  const byProvider = await report("provider");
  assert.deepEqual(
    byProvider.lines.map(({ provider, calls, attempts }) => [provider, calls, attempts]),
    [
      ["anthropic", 2n, 2n],
      ["openai", 4n, 5n],
    ],
  );
  const byKey = await report("key");
  assert.deepEqual(
    byKey.lines.map(({ key, calls, attempts }) => [key, calls, attempts]),
    [
      ["dev", 4n, 6n],
      ["ops", 1n, 1n],
    ],
  );
});

test("operations that use no tokens are missing none", async () => {
  const own = temporaryDirectory();
  const writer = await openLedger({ dataDir: own.dataDir, clock: realClock });
  for (const [index, operation] of (["chat", "embed", "count-tokens", "stored"] as const).entries()) {
    writer.begin(attemptStart(index, { operation })).settle(attemptEnd({ usage: undefined, finishReason: undefined }));
  }
  await writer.close();
  const db = openLedgerReader(own.dataDir);
  assert.ok(db);
  const { total } = await usageReport(db, { sinceMs: 0, untilMs: Number.MAX_SAFE_INTEGER }, "model").finally(() => db.destroy());
  assert.deepEqual([total.attempts, total.withoutUsage], [4n, 2n]);
  own.remove();
});
