import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nearest, suggestion } from "./suggest.ts";
import { formatDuration, parseDuration, parseSize } from "./units.ts";

test("the nearest name is found over slips, swaps and other ways to write it", () => {
  const known = ["base_url", "api_key", "wire", "quirks"];
  for (const word of ["baseURL", "base-url", "bas_url", "baes_url", "base_ulr"])
    assert.equal(nearest(word, known), "base_url", word);
  assert.equal(nearest("apikey", known), "api_key");
  assert.equal(nearest("colour", known), undefined);
  assert.equal(suggestion("wier", known), '; did you mean "wire"?');
});

test("durations and sizes want a unit that exists", () => {
  assert.equal(parseDuration("10s"), 10_000);
  assert.equal(parseDuration("1.5m"), 90_000);
  assert.equal(parseDuration("500 ms"), 500);
  assert.equal(parseSize("32MB"), 33_554_432);
  for (const text of ["", "10", "s", "-1s", "1e3s", "10 parsecs"]) assert.equal(parseDuration(text), undefined, text);
  fc.assert(fc.property(fc.integer({ min: 1, max: 86_400_000 }), (ms) => parseDuration(formatDuration(ms)) === ms));
});
