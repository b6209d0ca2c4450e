import assert from "node:assert/strict";
import { test } from "node:test";
import { median, quantile, slope } from "./statistics.ts";

test("medians and quantiles do not need sorted values", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(quantile([5, 4, 3, 2, 1], 0.5), 3);
  assert.equal(quantile([1, 2], 0.99), 2);
});

test("nothing measured is no number", () => {
  assert.ok(Number.isNaN(median([])));
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test("the slope of a line is its own, that of a flat one zero", () => {
  assert.equal(slope([0, 1, 2, 3].map((x) => ({ x, y: 3 * x + 7 }))), 3);
  assert.equal(slope([0, 1, 2].map((x) => ({ x, y: 5 }))), 0);
});
