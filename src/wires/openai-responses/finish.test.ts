import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFinish } from "./finish.ts";

test("a call makes it tool-calls under a status that nobody knows, but not where it may be half written", () => {
  const reasons = (called: boolean): readonly string[] =>
    [undefined, "completed", "done", "cancelled", "in_progress", "incomplete"].map(
      (status) => decodeFinish({ status }, called).reason,
    );
  assert.deepEqual(reasons(true), ["tool-calls", "tool-calls", "tool-calls", "other", "other", "length"]);
  assert.deepEqual(reasons(false), ["stop", "stop", "other", "other", "other", "length"]);
});
