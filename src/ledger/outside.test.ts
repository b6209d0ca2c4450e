import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { LedgerWriter } from "./attempt-log.ts";
import { type LedgerOptions, openLedger } from "./open.ts";
import { attemptEnd, attemptStart, examine, readEntries, realClock, temporaryDirectory } from "./testing/attempts.ts";
import { bookUntilKilled, lockFromOutside } from "./testing/processes.ts";

/* What other processes and sudden death do to the ledger. */

/** A mistake shows as waiting without end. */
const bounded = { timeout: 60_000 };

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

interface Watched {
  readonly writer: LedgerWriter;
  /** Resolves with the next message that matches. */
  says(pattern: RegExp): Promise<void>;
}

async function open(options: Partial<LedgerOptions> = {}): Promise<Watched> {
  let told: (message: string) => void = () => {};
  const onTrouble = (message: string): void => told(message);
  const writer = await openLedger({ dataDir: directory.dataDir, clock: realClock, busyTimeoutMs: 200, onTrouble, ...options });
  return {
    writer,
    says: (pattern) =>
      new Promise((resolve) => {
        told = (message) => pattern.test(message) && resolve();
      }),
  };
}

const settle = (writer: LedgerWriter, from: number, to: number): void => {
  for (let index = from; index < to; index++) writer.begin(attemptStart(index)).settle(attemptEnd());
};

test(
  "kill -9 in the middle of the load: what was flushed is there, what is there has no holes, and the file is sound",
  bounded,
  async () => {
    const million = 1_000_000;
    const durable: number[] = [];
    for (let life = 0; life < 4; life++) durable.push(await bookUntilKilled(directory.dataDir, life * million, 3 + life * 4));
    const lives = new Map<number, number[]>();
    for (const row of readEntries(directory.dataDir)) {
      const index = Number(row["started_at"]) - 1_700_000_000_000;
      const life = Math.floor(index / million);
      lives.set(life, [...(lives.get(life) ?? []), index % million]);
    }
    for (const [life, least] of durable.entries()) {
      const found = lives.get(life) ?? [];
      assert.ok(found.length >= least && least > 0, `life ${life}: ${found.length} rows, ${least} were durable`);
      assert.deepEqual(found, [...found.keys()], "groups are committed in order, so a life's rows are the first it ended");
    }
    assert.equal(examine(directory.dataDir).integrity, "ok");
    const { writer } = await open();
    settle(writer, 5 * million, 5 * million + 10);
    assert.equal((await writer.close()).written, 10);
  },
);

test("another process locks the database: the main thread goes on, the rows land when the lock is gone", bounded, async () => {
  const { writer, says } = await open();
  const lock = await lockFromOutside(directory.dataDir);
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  const trouble = says(/cannot be written.*locked/);
  settle(writer, 0, 3000);
  await trouble;
  clearInterval(ticking);
  // The worker stood still for at least 200 ms; had the main thread stood with it, there would be one turn or two.
  assert.ok(turns >= 10, `${turns} turns of the event loop`);
  assert.deepEqual([writer.health().queued, writer.health().losing], [3000, false]);
  assert.match(writer.health().trouble ?? "", /rows wait in memory/);
  await lock.release();
  await writer.flush();
  const { written, dropped, trouble: left } = await writer.close();
  assert.deepEqual({ written, dropped, left }, { written: 3000, dropped: 0, left: undefined });
  assert.equal(examine(directory.dataDir).attempts, 3000);
});

test("past the bound the newest rows are dropped and counted, and it recovers", bounded, async () => {
  const { writer, says } = await open({ limits: { rows: 1000 } });
  const lock = await lockFromOutside(directory.dataDir);
  const lost = says(/being lost: the backlog of rows is full/);
  settle(writer, 0, 5000);
  await lost;
  const { queued, dropped, losing } = writer.health();
  assert.ok(losing && queued <= 1000 && queued > 700);
  assert.equal(queued + dropped, 5000);
  await lock.release();
  await writer.flush();
  assert.equal(writer.health().losing, false);
  settle(writer, 5000, 5100);
  assert.equal((await writer.close()).written, queued + 100);
  assert.deepEqual(examine(directory.dataDir), { rows: queued + 100, attempts: queued + 100, integrity: "ok" });
});

test("the bound counts bytes too", bounded, async () => {
  const { writer, says } = await open({ limits: { bytes: 100_000 } });
  const lock = await lockFromOutside(directory.dataDir);
  const lost = says(/being lost/);
  settle(writer, 0, 1000);
  await lost;
  assert.ok(writer.health().queuedBytes <= 100_000);
  await lock.release();
  await writer.close();
});

test("a close that cannot write ends in time and says what was lost", bounded, async () => {
  const { writer } = await open();
  const lock = await lockFromOutside(directory.dataDir);
  settle(writer, 0, 700);
  const { dropped, queued } = await writer.close(50);
  assert.deepEqual({ dropped, queued }, { dropped: 700, queued: 0 });
  await lock.release();
  assert.deepEqual(examine(directory.dataDir), { rows: 0, attempts: 0, integrity: "ok" });
});
