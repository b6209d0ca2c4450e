import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { digest, Names } from "./names.ts";

test("a fitted name is within the limit, the same each time, and found again", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 120, unit: "grapheme" }), fc.integer({ min: 9, max: 64 }), (name, limit) => {
      const names = new Names(limit, /[^a-zA-Z0-9_-]/g);
      const fitted = names.fit(name);
      assert.ok(fitted.length <= limit);
      assert.match(fitted, /^[a-zA-Z0-9_-]+$/);
      assert.equal(new Names(limit, /[^a-zA-Z0-9_-]/g).fit(name), fitted);
      assert.equal(names.original(fitted), name);
    }),
  );
});

test("names that fit are left alone", () => {
  const names = new Names(64);
  assert.equal(names.fit("get_weather"), "get_weather");
  assert.equal(names.original("get_weather"), "get_weather");
  assert.deepEqual(names.changed, []);
});

test("long names that differ only at the end stay apart", () => {
  const names = new Names(64);
  const long = "mcp__a_server_with_a_very_long_name__a_tool_with_an_even_longer_name_number_";
  const fitted = Array.from({ length: 500 }, (_, index) => names.fit(`${long}${index}`));
  assert.equal(new Set(fitted).size, 500);
  assert.ok(fitted.every((name) => name.startsWith("mcp__a_server")));
});

test("digests of 20,000 texts differ", () => {
  assert.equal(new Set(Array.from({ length: 20_000 }, (_, index) => digest(`tool ${index}`))).size, 20_000);
});
