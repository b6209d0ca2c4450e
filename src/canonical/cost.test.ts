import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDollars } from "./cost.ts";

test("dollars have their cents, and further digits as far as they say something", () => {
  assert.equal(formatDollars(0n), "0.00");
  assert.equal(formatDollars(1n), "0.000000001");
  assert.equal(formatDollars(123_400n), "0.0001234");
  assert.equal(formatDollars(1_500_000_000n), "1.50");
  assert.equal(formatDollars(12_345_678_901_234n), "12345.678901234");
  assert.equal(formatDollars(-2_000_000_000n), "-2.00");
});
