import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { LedgerWriter } from "../ledger/attempt-log.ts";
import { openLedger } from "../ledger/open.ts";
import { attemptEnd, attemptStart, realClock, temporaryDirectory } from "../ledger/testing/attempts.ts";
import type { Terminal } from "../machine/contract.ts";
import { Session } from "./testing/session.ts";
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
  flags: { since?: string; until?: string; by?: string; json?: boolean } = {},
  terminal: Partial<Terminal> = {},
): Promise<{ code: number; lines: readonly string[]; errors: readonly string[] }> {
  const session = new Session({ wall: attemptStart(0).startedAt + 1000, terminal });
  const { since = "24h", until, by = "model", json = false } = flags;
  const code = await usageCommand({ dataDir: directory.dataDir, since, until, by, json, ports: session });
  return { code, lines: session.lines, errors: session.errors };
}

test("with no ledger, and with an empty one, it says what to do", async () => {
  for (const made of [false, true]) {
    if (made) writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
    const { code, lines } = await usage();
    assert.equal(code, 0);
    assert.match(lines.join("\n"), /^No calls since 24h ago\. Send one/);
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
    "PROVIDER  MODEL     CALLS  ATTEMPTS  ERRORS   INPUT  CACHE READ  CACHE WRITE  OUTPUT  REASONING  COST USD",
    "openai    gpt-1     1,500     1,500       0  15,000       4,500        4,500   7,500      6,000         ?",
    "acme      evil?[2J      1         1       0       0           0            0       0          0         ?",
    "total               1,501     1,501       0  15,000       4,500        4,500   7,500      6,000         ?",
    "1 attempt has no usage: what was used is missing from the sums.",
    "1,500 attempts have no known price: the cost is missing from the sums.",
  ]);
  assert.match((await usage({ by: "key" })).lines.join("\n"), /^KEY .*\ndev +1,501/);
});

test("sums up by a label of the keys, and knows what was paid and what is missing from it", async () => {
  writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  const book = (index: number, team: string | undefined, nano: bigint | undefined): void => {
    const labels = team === undefined ? {} : { 'the "team"': team };
    // Only the nine tokens that went out have a price.
    const rates = { input: 0n, output: ((nano ?? 0n) * 1000n) / 9n };
    const prices = { find: () => (nano === undefined ? undefined : { version: "v1", rates, tiers: [], disputed: false }) };
    writer?.begin(attemptStart(index, { labels, prices })).settle(attemptEnd());
  };
  book(1, "web", 900_000_000n);
  book(2, "web", undefined);
  book(3, "ops\u001b[2J", 9_000n);
  book(4, undefined, 0n);
  await writer.flush();
  const { lines } = await usage({ by: 'label:the "team"' });
  const costs = lines.slice(0, 5).map((line) => line.replace(/ {2,}.* /, " "));
  assert.deepEqual(costs, ['THE "TEAM" USD', "web 0.90+", "ops?[2J 0.000009", "(none) 0.00", "total 0.900009+"]);
});

test("what is looked for in vain is said with both its ends", async () => {
  const { lines } = await usage({ until: "2020-01-01" });
  assert.deepEqual(lines, ["No calls since 24h ago until 2020-01-01."]);
  assert.equal((await usage({ since: "999999w", json: true })).code, 0, "the furthest there is");
});

test("for programs a cost that is not known is null and never nothing, and what is missing is marked", async () => {
  const json = async (): Promise<ReturnType<typeof JSON.parse>> => JSON.parse((await usage({ json: true })).lines.join(""));
  const none = await json();
  assert.deepEqual([none.total.calls, none.total.costNano, none.total.incomplete, none.lines], [0, 0, false, []]);
  writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  assert.deepEqual((await json()).total, none.total, "an empty ledger is as none");
  const rates = { input: 0n, output: 1000n };
  const prices = { find: () => ({ version: "v1", rates, tiers: [], disputed: false }) };
  writer.begin(attemptStart(1)).settle(attemptEnd());
  await writer.flush();
  const unknown = await json();
  assert.deepEqual([unknown.total.costNano, unknown.total.incomplete, unknown.total.withoutPrice], [null, true, 1]);
  assert.deepEqual([unknown.lines[0].costNano, unknown.lines[0].incomplete], [null, true]);
  writer.begin(attemptStart(2, { prices })).settle(attemptEnd());
  await writer.flush();
  const partly = await json();
  assert.deepEqual([partly.total.costNano, partly.total.incomplete], [9, true]);
  const now = attemptStart(0).startedAt + 1000;
  assert.deepEqual([partly.since, partly.until], [new Date(now - 86_400_000).toISOString(), new Date(now).toISOString()]);
});

test("--since, --until and --json", async () => {
  writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  const { startedAt } = attemptStart(0);
  writer.begin(attemptStart(1)).settle(attemptEnd());
  writer.begin(attemptStart(2, { startedAt: startedAt - 2 * 86_400_000 })).settle(attemptEnd());
  await writer.flush();
  const calls = async (since: string): Promise<unknown> =>
    JSON.parse((await usage({ since, json: true })).lines.join("")).total.calls;
  assert.deepEqual([await calls("24h"), await calls("7d"), await calls("30m")], [1, 2, 1]);
  const until = async (text: string): Promise<unknown> =>
    JSON.parse((await usage({ since: "7d", until: text, json: true })).lines.join("")).total.calls;
  assert.deepEqual([await until("24h"), await until("2023-11-10"), await until("2023-11-16")], [1, 0, 2]);
});

test("flags that mean nothing are answered with what would", async () => {
  for (const since of ["", "24", "h", "0h", "-1d", "1y", "yesterday", "2026-13-01"]) {
    const { code, lines, errors } = await usage({ since });
    assert.deepEqual([code, lines.length, errors.length], [2, 0, 1]);
    assert.match(errors[0] ?? "", /30m, 24h or 7d/);
  }
  assert.match((await usage({ until: "soon" })).errors.join(), /^--until takes .*"soon" is neither\.$/);
  for (const by of ["colour", "label:"]) {
    const { code, errors } = await usage({ by });
    assert.equal(code, 2);
    assert.match(errors.join(), new RegExp(`^--by takes model, provider, key, or label:NAME .*"${by}" is none of these\\.$`));
  }
});
