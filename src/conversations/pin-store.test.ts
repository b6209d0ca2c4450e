import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { Clock } from "../canonical/ports.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { openPins, type PinOptions } from "./open-pins.ts";
import type { PinStore } from "./pin-store.ts";

const clock: Clock = {
  now: () => performance.now(),
  wall: () => 1_700_000_000_000,
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
const keeper = { provider: "oai", model: "gpt-5" };

let dataDir: string;
let troubles: string[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "polygate-pins-"));
  troubles = [];
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
  assert.deepEqual(troubles, []);
});

const open = (more: Partial<PinOptions> = {}): PinStore =>
  openPins({ dataDir, clock, onTrouble: (message) => troubles.push(message), ...more });

test("an answer's keeper is known at once, to its owner alone", async () => {
  const pins = open();
  pins.pin("dev", "resp_1", keeper, true);
  assert.deepEqual(pins.find("dev", "resp_1"), keeper);
  assert.equal(pins.find("ops", "resp_1"), "none");
  assert.equal(pins.find("dev", "resp_2"), undefined);
  // A server that counts its answers: each owner has its own.
  pins.pin("ops", "resp_1", { provider: "local", model: "m" }, true);
  assert.deepEqual(pins.find("dev", "resp_1"), keeper);
  assert.equal(pins.find("new", "resp_1"), "none");
  pins.unpin("dev", "resp_1");
  assert.equal(pins.find("dev", "resp_1"), "none");
  pins.unpin("ops", "resp_9");
  assert.equal(pins.find("ops", "resp_9"), undefined);
  await pins.close();
});

test("what was noted survives a restart, and leaving memory", async () => {
  const first = open({ inMemory: 2 });
  for (let at = 0; at < 5; at++) first.pin("dev", `resp_${at}`, keeper, false);
  first.unpin("dev", "resp_4");
  await first.flush();
  assert.deepEqual(first.find("dev", "resp_0"), keeper);
  assert.equal(first.claimUsage("dev", "resp_1"), true);
  await first.close();

  const second = open();
  assert.deepEqual(second.find("dev", "resp_0"), keeper);
  assert.equal(second.find("ops", "resp_0"), "none");
  assert.equal(second.find("dev", "resp_4"), "none");
  assert.equal(second.claimUsage("dev", "resp_1"), false);
  await second.close();
});

test("an answer's usage is claimed once, by its owner, unless it is booked already", async () => {
  const pins = open();
  pins.pin("dev", "background", keeper, false);
  pins.pin("dev", "whole", keeper, true);
  pins.pin("dev", "whole", keeper, false);
  const claims = [
    ["ops", "background"],
    ["dev", "background"],
    ["dev", "background"],
    ["dev", "whole"],
    ["dev", "unknown"],
  ] as const;
  assert.deepEqual(
    claims.map(([owner, id]) => pins.claimUsage(owner, id)),
    [false, true, false, false, false],
  );
  await pins.close();
});

test("rows fade: the oldest are taken away while new ones come", async () => {
  let wall = 1_700_000_000_000;
  const pins = open({ clock: { ...clock, wall: () => wall }, inMemory: 1 });
  for (let at = 0; at < 200; at++) pins.pin("dev", `old_${at}`, keeper, true);
  wall += 32 * 24 * 3_600_000;
  for (let at = 0; at < 200; at++) pins.pin("dev", `new_${at}`, keeper, true);
  await pins.close();
  const db = openSqlite(join(dataDir, "conversations.sqlite"), { readOnly: true });
  const count = (pattern: string): unknown => db.prepare("SELECT count(*) AS n FROM pins WHERE id LIKE ?").get(pattern)?.["n"];
  assert.deepEqual([count("old%"), count("new%")], [0, 200]);
  db.close();
});

test("without an answer to note there is no thread, and closing is at once", async () => {
  const pins = open();
  assert.equal(pins.find("dev", "resp_1"), undefined);
  await pins.flush();
  await pins.close();
});
