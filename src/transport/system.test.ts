import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "./clock.ts";
import { createSystemRandom, systemRandom } from "./random.ts";
import { FakeClock } from "./testing/fake-clock.ts";

describe("systemClock", () => {
  it("moves on, and runs and stops tasks", async () => {
    const from = systemClock.now();
    assert.ok(Math.abs(systemClock.wall() - Date.now()) < 1000);
    let stopped = false;
    systemClock.after(1, () => {
      stopped = true;
    })();
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    assert.ok(systemClock.now() - from >= 4);
    assert.equal(stopped, false);
  });

  it("does not run at once what is due in a thousand years", async () => {
    let ran = false;
    const stop = systemClock.after(1e15, () => {
      ran = true;
    });
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    stop();
    assert.equal(ran, false);
  });
});

describe("systemRandom", () => {
  it("gives hex of the length asked for, never the same twice", () => {
    const random = createSystemRandom();
    const seen = new Set<string>();
    for (let round = 0; round < 2000; round++) {
      const text = random.hex(16);
      assert.match(text, /^[\da-f]{32}$/);
      seen.add(text);
    }
    assert.equal(seen.size, 2000);
    assert.equal(random.hex(5000).length, 10_000);
    assert.equal(random.hex(0), "");
    const next = systemRandom.next();
    assert.ok(next >= 0 && next < 1);
  });
});

describe("FakeClock", () => {
  it("runs what falls due in order, at its own time", () => {
    const clock = new FakeClock(5000);
    const seen: [string, number][] = [];
    clock.after(20, () => seen.push(["b", clock.wall()]));
    clock.after(10, () => {
      seen.push(["a", clock.wall()]);
      clock.after(5, () => seen.push(["c", clock.wall()]));
    });
    clock.after(10, () => seen.push(["never", 0]))();
    clock.advance(19);
    clock.advance(1);
    assert.deepEqual(seen, [
      ["a", 5010],
      ["c", 5015],
      ["b", 5020],
    ]);
    assert.equal(clock.pending, 0);
  });
});
