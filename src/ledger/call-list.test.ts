import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Kysely } from "kysely";
import type { LedgerWriter } from "./attempt-log.ts";
import { attemptsAfter, type CallFilter, lastSeq, latestAttempts, latestCalls } from "./call-list.ts";
import type { LedgerSchema } from "./entry.ts";
import { openLedger } from "./open.ts";
import { openLedgerReader } from "./reader.ts";
import { attemptEnd, attemptStart, realClock, temporaryDirectory } from "./testing/attempts.ts";

let directory: ReturnType<typeof temporaryDirectory>;
let writer: LedgerWriter;
let db: Kysely<LedgerSchema>;
beforeEach(async () => {
  directory = temporaryDirectory();
  writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  const opened = openLedgerReader(directory.dataDir);
  assert.ok(opened);
  db = opened;
});
afterEach(async () => {
  await db.destroy();
  await writer.close();
  directory.remove();
});

const failed = attemptEnd({ terminal: "error", errorCode: "overloaded", status: 503, usage: undefined });

/** A call of twelve attempts whose last one succeeded, one that failed, one of another key, and one that was cut off. */
async function book(): Promise<void> {
  const many = attemptStart(1);
  for (let number = 1; number <= 12; number++) {
    const attempt = writer.begin({ ...many, id: `${many.callId}.${number}`, number, upstreamModel: "gpt_4%" });
    attempt.settle(number === 12 ? attemptEnd({ servedModel: undefined }) : failed);
  }
  writer.begin(attemptStart(2)).settle(failed);
  writer.begin(attemptStart(3, { keyId: "other", requestedModel: "fast" })).settle(attemptEnd({ servedModel: "Claude-9" }));
  writer.begin(attemptStart(4)).settle(attemptEnd({ terminal: "truncated", errorCode: "truncated" }));
  await writer.flush();
}

const numbers = async (filter: CallFilter, limit = 10): Promise<readonly string[]> =>
  (await latestCalls(db, filter, limit)).map(({ callId, attempt }) => `${Number.parseInt(callId.slice(5), 16)}.${attempt}`);

test("each call is listed once, by its last attempt, the newest first", async () => {
  await book();
  assert.deepEqual(await numbers({}), ["4.1", "3.1", "2.1", "1.12"]);
  assert.deepEqual(await numbers({}, 2), ["4.1", "3.1"]);
  const [line] = await latestCalls(db, { model: "claude" }, 1);
  assert.deepEqual([line?.model, line?.input, line?.output, line?.durationMs, line?.stream], ["Claude-9", 16, 9, 12.5, true]);
});

test("filters: key, model in any case and literally, failures of the last attempt only, time", async () => {
  await book();
  assert.deepEqual(await numbers({ key: "other" }), ["3.1"]);
  assert.deepEqual(await numbers({ model: "FAST" }), ["3.1"]);
  assert.deepEqual(await numbers({ model: "t_4%" }), ["1.12"], "a % is a %");
  assert.deepEqual(await numbers({ model: "g%t" }), []);
  assert.deepEqual(await numbers({ errors: true }), ["4.1", "2.1"], "one that was saved by a retry has not failed");
  assert.deepEqual(await numbers({ sinceMs: attemptStart(3).startedAt }), ["4.1", "3.1"]);
});

test("what is booked is followed attempt by attempt, past what a filter leaves out", async () => {
  assert.equal(await lastSeq(db), 0);
  await book();
  assert.equal(await lastSeq(db), 15);
  const followed = async (filter: CallFilter, after: number, limit = 100): Promise<readonly number[]> =>
    (await attemptsAfter(db, { after, until: 15 }, filter, limit)).map(({ seq }) => seq);
  assert.deepEqual(await followed({}, 12), [13, 14, 15]);
  assert.deepEqual(await followed({}, 3, 2), [4, 5]);
  assert.deepEqual(await followed({ key: "other" }, 0), [14]);
  assert.deepEqual(
    (await latestAttempts(db, 14, {}, 2)).map(({ seq }) => seq),
    [13, 14],
  );
});
