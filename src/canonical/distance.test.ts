import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { distance } from "./distance.ts";

test("the distance of two words is a distance", () => {
  const word = fc.string({ maxLength: 8 });
  const far = (a: string, b: string): number => distance(a, b, 8);
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(far(a, b), far(b, a));
      assert.equal(far(a, b) === 0, a === b);
      assert.ok(far(a, b) <= Math.max(a.length, b.length));
    }),
  );
});

test("it is given up once it must exceed its limit", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), fc.nat(8), (a, b, limit) => {
      assert.equal(distance(a, b, limit), Math.min(distance(a, b, 8), limit + 1));
    }),
  );
  assert.equal(distance("a".repeat(10), "b".repeat(1e6), 2), 3);
});
