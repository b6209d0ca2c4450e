import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import type { ConfigText } from "./load.ts";
import { ConfigError } from "./problems.ts";
import { Reloader } from "./reloader.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function watched(instead?: readonly string[]) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const applied: string[] = [];
  let found: ConfigText | Error = { file: "/w/p.yaml", text: "good" };
  const reloader = new Reloader({
    clock,
    inForce: { file: "/w/p.yaml", text: "good" },
    instead,
    read: () => {
      if (found instanceof Error) throw found;
      return found;
    },
    apply: ({ text }) => {
      if (text.includes("bad")) throw new ConfigError([{ file: "/w/p.yaml", line: 2, column: 3, message: `no: ${text}` }]);
      applied.push(text);
      return text.includes("port") ? ["server.port"] : [];
    },
    digest: (text) => `#${text}`,
    onAttempt: (line) => lines.push(line),
    lookMs: 100,
  });
  reloader.start();
  const look = async (): Promise<void> => {
    clock.advance(100);
    await settled();
  };
  const put = (text: string | Error, dotenv?: string): void => {
    found = typeof text === "string" ? { file: "/w/p.yaml", text, dotenv } : text;
  };
  return { reloader, lines, applied, look, put, clock };
}

test("what is new is taken when two looks agree, and not before", async () => {
  const { applied, look, put } = watched();
  await look();
  put("new");
  await look();
  assert.deepEqual(applied, []);
  await look();
  assert.deepEqual(applied, ["new"]);
  for (const half of ["n", "ne", "new", "newe", "newer"]) {
    put(half);
    await look();
  }
  assert.deepEqual(applied, ["new"], "it was another at each look");
  await look();
  assert.deepEqual(applied, ["new", "newer"]);
});

test("what is bad is told of once, and the one before stays in force until there is a good one", async () => {
  const { reloader, applied, lines, look, put } = watched();
  put("bad");
  for (let n = 0; n < 5; n++) await look();
  assert.deepEqual(lines, ["The configuration was not taken, and the one before stays in force: /w/p.yaml:2:3: no: bad"]);
  assert.equal(reloader.status()["digest"], "#good");
  put("good");
  for (let n = 0; n < 2; n++) await look();
  assert.deepEqual(applied, [], "it is in force already");
  put("better port");
  for (let n = 0; n < 2; n++) await look();
  assert.deepEqual(reloader.status()["needs_restart"], ["server.port"]);
  assert.match(lines.at(-1) ?? "", /was taken\. These want a restart: server\.port\.$/);
});

test("files that are gone, empty or unreadable change nothing; .env counts as much as the file", async () => {
  const { reloader, applied, lines, look, put } = watched();
  for (const wrong of [new ConfigError([{ file: "/w/p.yaml", message: "the file is gone" }]), "", "  \n"]) {
    put(wrong);
    for (let n = 0; n < 3; n++) await look();
  }
  assert.deepEqual(
    lines.map((line) => line.split(": ").at(-1)),
    ["the file is gone", "the file is empty", "the file is empty"],
  );
  put("good", "A=1");
  for (let n = 0; n < 2; n++) await look();
  assert.deepEqual(applied, ["good"]);
  put("good", "A=2");
  await reloader.reload("signal");
  assert.deepEqual(applied, ["good", "good"]);
});

test("a start with the last good copy says so until the file is mended, even as it was before", async () => {
  const { reloader, applied, look, put } = watched(["/w/p.yaml:1:1: broken"]);
  assert.equal(reloader.status()["last_known_good"], true);
  put("good");
  for (let n = 0; n < 3; n++) await look();
  put("good # mended");
  for (let n = 0; n < 3; n++) await look();
  assert.equal(reloader.status()["last_known_good"], false);
  assert.deepEqual(applied, ["good # mended"]);
});

test("whoever asks at the same time is served one after the other; a watch that was stopped looks no more", async () => {
  const { reloader, applied, put, look, clock } = watched();
  put("one");
  await Promise.all([reloader.reload("request"), reloader.reload("request"), reloader.reload("signal")]);
  assert.deepEqual(applied, ["one"]);
  reloader.stop();
  put("two");
  for (let n = 0; n < 3; n++) await look();
  assert.deepEqual(applied, ["one"]);
  assert.equal(clock.pending, 0);
});
