import assert from "node:assert/strict";
import { test } from "node:test";
import { soak } from "./soak.ts";

test("R26: after thousands of calls, left, failed and broken ones among them, everything is as it was", {
  timeout: 300_000,
}, async (t) => {
  const calls = 12_000;
  const figures = await soak({ calls, looks: 8 }, (line) => t.diagnostic(line));
  const { outcomes, slope, first, last, filesBefore, filesAfter, leftOver, rows, attempts } = figures;
  t.diagnostic(`outcomes ${JSON.stringify(outcomes)}; ${slope.toFixed(2)} MB per 100,000 calls`);
  t.diagnostic(
    `ms p50/p95: first third ${first.map((ms) => ms.toFixed(1)).join("/")}, last ${last.map((ms) => ms.toFixed(1)).join("/")}`,
  );
  t.diagnostic(
    `files ${filesBefore} → ${filesAfter}; left over: ${leftOver.join(", ") || "nothing"}; rows ${rows}, attempts ${attempts}`,
  );
  assert.equal(
    Object.values(outcomes).reduce((sum, count) => sum + count, 0),
    calls,
    "every call had an outcome",
  );
  assert.equal(outcomes["no answer"], undefined);
  assert.deepEqual(leftOver, []);
  assert.equal(filesAfter, filesBefore);
  // A run this short sees only leaks of a kilobyte a call; `npm run soak` sees those of ten bytes.
  assert.ok(slope < 30, `${slope} MB per 100,000 calls`);
  assert.ok(rows >= attempts, "each attempt that reached the provider has its row");
});
