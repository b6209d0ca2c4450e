import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { LedgerWriter } from "../ledger/attempt-log.ts";
import { openLedger } from "../ledger/open.ts";
import { attemptEnd, attemptStart, realClock, temporaryDirectory } from "../ledger/testing/attempts.ts";
import { usageCommand } from "./usage.ts";

let directory: ReturnType<typeof temporaryDirectory>;
let writer: LedgerWriter | undefined;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  await writer?.close();
  writer = undefined;
  directory.remove();
});

async function usage(
  flags: { since?: string; by?: string; json?: boolean } = {},
): Promise<{ code: number; lines: readonly string[] }> {
  const lines: string[] = [];
  const { since = "24h", by = "model", json = false } = flags;
  const nowMs = attemptStart(0).startedAt + 1000;
  const code = await usageCommand({ dataDir: directory.dataDir, since, by, json, nowMs, out: (line) => lines.push(line) });
  return { code, lines };
}

test("with no ledger, and with an empty one, it says what to do", async () => {
  for (const made of [false, true]) {
    if (made) writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
    const { code, lines } = await usage();
    assert.equal(code, 0);
    assert.match(lines.join("\n"), /^No calls in the last 24h\. Send one/);
  }
});

test("prints an aligned table while the gateway is writing", async () => {
  writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  for (let index = 0; index < 1500; index++) writer.begin(attemptStart(index)).settle(attemptEnd());
  const steered = attemptStart(2000, { provider: "acme" });
  writer.begin(steered).settle(attemptEnd({ servedModel: "evil\u001b[2J", usage: undefined }));
  await writer.flush();
  const { code, lines } = await usage();
  assert.equal(code, 0);
  assert.deepEqual(lines, [
    "PROVIDER  MODEL     CALLS  ATTEMPTS  ERRORS   INPUT  CACHE READ  CACHE WRITE  OUTPUT  REASONING",
    "openai    gpt-1     1,500     1,500       0  15,000       4,500        4,500   7,500      6,000",
    "acme      evil?[2J      1         1       0       0           0            0       0          0",
    "total               1,501     1,501       0  15,000       4,500        4,500   7,500      6,000",
    "1 attempts came without usage; their tokens are not in these sums.",
  ]);
  assert.match((await usage({ by: "key" })).lines.join("\n"), /^KEY .*\ndev +1,501/);
});

test("--since and --json", async () => {
  writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  const { startedAt } = attemptStart(0);
  writer.begin(attemptStart(1)).settle(attemptEnd());
  writer.begin(attemptStart(2, { startedAt: startedAt - 2 * 86_400_000 })).settle(attemptEnd());
  await writer.flush();
  const calls = async (since: string): Promise<unknown> =>
    JSON.parse((await usage({ since, json: true })).lines.join("")).total.calls;
  assert.deepEqual([await calls("24h"), await calls("7d"), await calls("30m")], [1, 2, 1]);
});

test("flags that mean nothing are answered with what would", async () => {
  for (const since of ["", "24", "h", "0h", "-1d", "1w"]) {
    const { code, lines } = await usage({ since });
    assert.deepEqual([code, lines.length], [2, 1]);
    assert.match(lines[0] ?? "", /30m, 24h or 7d/);
  }
  assert.deepEqual(await usage({ by: "colour" }), { code: 2, lines: ['--by takes model, provider or key; "colour" is none.'] });
});
