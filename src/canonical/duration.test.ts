import assert from "node:assert/strict";
import { test } from "node:test";
import { durationMs } from "./duration.ts";

test("durations are read in every form that providers write", () => {
  const read = ["120ms", "7.66s", "6m0s", "1h2m3.5s", "2d", " 34.4s "].map(durationMs);
  assert.deepEqual(read, [120, 7660, 360_000, 3_723_500, 172_800_000, 34_400]);
});

test("what is none is none", () => {
  for (const text of [undefined, "", "5", "s", "-1s", "1e3s", "soon", "1s later", "1 s", "9".repeat(100_000), "1s".repeat(1e5)]) {
    assert.equal(durationMs(text), undefined, text?.slice(0, 20));
  }
});
