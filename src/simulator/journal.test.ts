import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Clock } from "../canonical/ports.ts";
import { Journal } from "./journal.ts";

class HandClock implements Clock {
  time = 0;
  #tasks: { readonly at: number; readonly task: () => void }[] = [];
  now(): number {
    return this.time;
  }
  wall(): number {
    return 1_000_000 + this.time;
  }
  after(ms: number, task: () => void): () => void {
    const entry = { at: this.time + ms, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((one) => one !== entry);
    };
  }
  advance(ms: number): void {
    this.time += ms;
    for (const { at, task } of [...this.#tasks]) if (at <= this.time) task();
  }
  get waiting(): number {
    return this.#tasks.length;
  }
}

test("entries tell credentials apart without keeping them, and end once", () => {
  const clock = new HandClock();
  const journal = new Journal(clock);
  const { entry, note, close } = journal.open("POST", "/x", { authorization: "Bearer sk-1", cookie: "c", "x-a": "1" });
  assert.deepEqual(entry.headers, { authorization: "[secret]", cookie: "[secret]", "x-a": "1" });
  assert.equal(entry.credential, createHash("sha256").update("sk-1").digest("hex"));
  clock.advance(25);
  note({ status: 200 });
  close("aborted");
  close("served");
  assert.deepEqual([entry.outcome, entry.durationMs, entry.status], ["aborted", 25, 200]);
});

test("waitFor answers for what was, for what comes, and gives up in time", async () => {
  const clock = new HandClock();
  const journal = new Journal(clock);
  const first = journal.open("GET", "/a", {});
  assert.equal(await journal.waitFor((entry) => entry.path === "/a"), first.entry);
  const coming = journal.waitFor((entry) => entry.outcome === "served");
  first.close("served");
  assert.equal((await coming).path, "/a");
  assert.equal(clock.waiting, 0);
  const never = journal.waitFor((entry) => entry.path === "/never", 100);
  clock.advance(100);
  await assert.rejects(never, /no matching request within 100 ms; 1 were received/);
});

test("the journal is bounded in entries and in bytes of bodies", () => {
  const journal = new Journal(new HandClock(), undefined, { entries: 3, bodyBytes: 250 });
  for (let i = 0; i < 5; i++) {
    const open = journal.open("POST", `/${i}`, {});
    open.note({ body: { i } });
    journal.keepBody(open, 100);
  }
  assert.deepEqual(
    journal.entries.map((entry) => [entry.path, entry.body]),
    [
      ["/2", undefined],
      ["/3", { i: 3 }],
      ["/4", { i: 4 }],
    ],
  );
  assert.equal(journal.received, 5);
});
