import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { startRowWorker } from "../storage/start-worker.ts";
import type { LedgerWriter } from "./attempt-log.ts";
import { type LedgerOptions, openLedger } from "./open.ts";
import { attemptEnd, attemptStart, examine, readEntries, realClock, temporaryDirectory } from "./testing/attempts.ts";

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

/** A mistake shows as waiting without end. */
const bounded = { timeout: 60_000 };

const open = (options: Partial<LedgerOptions> = {}): Promise<LedgerWriter> =>
  openLedger({ dataDir: directory.dataDir, clock: realClock, ...options });

test("as many entries as attempts ended, none for one that is still open", async () => {
  const writer = await open();
  for (let index = 0; index < 2000; index++) {
    const attempt = writer.begin(attemptStart(index));
    if (index % 3 === 0) attempt.void(attemptEnd());
    else attempt.settle(attemptEnd());
    if (index % 100 === 0) await turn();
  }
  writer.begin(attemptStart(2000));
  await writer.flush();
  assert.equal(readEntries(directory.dataDir).length, 2000);
  const { open: begun, queued, written } = await writer.close();
  assert.deepEqual({ begun, queued, written }, { begun: 1, queued: 0, written: 2000 });
  assert.deepEqual(examine(directory.dataDir), { rows: 2000, attempts: 2000, integrity: "ok" });
});

test("an attempt ends once: the first word counts", async () => {
  const writer = await open();
  const attempt = writer.begin(attemptStart(1));
  attempt.settle(attemptEnd({ status: 200 }));
  attempt.settle(attemptEnd({ status: 500 }));
  attempt.void(attemptEnd());
  await writer.close();
  const rows = readEntries(directory.dataDir);
  assert.deepEqual([rows.length, rows[0]?.["status"], rows[0]?.["outcome"]], [1, 200, "settled"]);
});

test("an attempt id is booked once, also by a second process life", async () => {
  for (const status of [200, 500]) {
    const writer = await open();
    writer.begin(attemptStart(1)).settle(attemptEnd({ status }));
    const health = await writer.close();
    assert.deepEqual([health.written, health.repeated], status === 200 ? [1, 0] : [0, 1]);
  }
  assert.equal(readEntries(directory.dataDir)[0]?.["status"], 200);
});

test("rows are durable soon after, without a flush, more of them too than the worker is given at once", bounded, async () => {
  const writer = await open();
  for (let index = 0; index < 5000; index++) writer.begin(attemptStart(index)).settle(attemptEnd());
  while (writer.health().queued > 0) await turn();
  assert.equal(readEntries(directory.dataDir).length, 5000);
  await writer.close();
});

test("a worker that dies again and again loses nothing and doubles nothing", bounded, async () => {
  const workers: Worker[] = [];
  const startWorker: LedgerOptions["startWorker"] = (start) => {
    const worker = startRowWorker(start);
    workers.push(worker);
    return worker;
  };
  const writer = await open({ startWorker });
  const total = 30_000;
  for (let index = 0; index < total; index++) {
    writer.begin(attemptStart(index)).settle(attemptEnd());
    if (index % 50 === 0) await turn();
    if (index % 6000 === 3000) {
      const worker = workers.at(-1);
      assert.ok(worker);
      const died = once(worker, "exit");
      // Hands over what has ended, so that the death finds batches on their way.
      void writer.flush();
      void worker.terminate();
      await died;
      while (workers.at(-1) === worker) await turn();
    }
  }
  await writer.flush();
  const { written, repeated, dropped, workerRestarts, trouble } = await writer.close();
  assert.deepEqual({ dropped, workerRestarts, trouble }, { dropped: 0, workerRestarts: 5, trouble: undefined });
  // A commit whose death came before its confirmation counts as repeated: the row is there all the same.
  assert.equal(written + repeated, total);
  assert.deepEqual(examine(directory.dataDir), { rows: total, attempts: total, integrity: "ok" });
});

test("a row the schema refuses is counted and named, and its neighbours are booked", async () => {
  const said: string[] = [];
  const writer = await open({ onTrouble: (message) => said.push(message) });
  writer.begin(attemptStart(1)).settle(attemptEnd());
  writer.begin(attemptStart(2, { number: 1.5 })).settle(attemptEnd());
  writer.begin(attemptStart(3)).settle(attemptEnd());
  const { written, refused } = await writer.close();
  assert.deepEqual({ written, refused }, { written: 2, refused: 1 });
  assert.equal(readEntries(directory.dataDir).length, 2);
  assert.match(said.join(), /refused 1 rows: .*number/);
});

test("two writers of one ledger do no harm", async () => {
  const both = await Promise.all([open(), open()]);
  for (let index = 0; index < 4000; index++) {
    for (const [which, writer] of both.entries()) writer.begin(attemptStart(index + which * 3000)).settle(attemptEnd());
    if (index % 100 === 0) await turn();
  }
  const [one, two] = await Promise.all(both.map((writer) => writer.close()));
  assert.equal((one?.repeated ?? 0) + (two?.repeated ?? 0), 1000);
  assert.deepEqual(examine(directory.dataDir), { rows: 7000, attempts: 7000, integrity: "ok" });
});

test("what ends after the close is counted as lost", async () => {
  const writer = await open();
  const late = writer.begin(attemptStart(1));
  await writer.close();
  late.settle(attemptEnd());
  await writer.flush();
  assert.deepEqual([writer.health().dropped, writer.health().losing], [1, true]);
});

test("a ledger whose worker cannot open it does not start", async () => {
  const startWorker: LedgerOptions["startWorker"] = (start) => startRowWorker({ ...start, insert: "INSERT INTO nowhere" });
  await assert.rejects(open({ startWorker }), { name: "StorageError", message: /writer cannot start/ });
});
