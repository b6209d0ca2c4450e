import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import { LoadShedder } from "./load-shedder.ts";

/**
 * A machine that serves `capacity` calls a second, one after the other: time goes on by what is done, and a timer runs late by
 * what was ready before it. Turning a call away costs a thirtieth of serving it.
 */
class Machine {
  nowMs = 0;
  readonly clock: Clock = {
    now: () => this.nowMs,
    wall: () => this.nowMs,
    after: (ms, task) => {
      const timer = { at: this.nowMs + ms, task };
      this.#timers.push(timer);
      return () => void this.#timers.splice(this.#timers.indexOf(timer), 1);
    },
  };
  readonly #timers: { readonly at: number; readonly task: () => void }[] = [];
  memory = 0.3;
  #seed = 1;
  readonly shedder = new LoadShedder({
    clock: this.clock,
    random: {
      next: () => {
        this.#seed = (this.#seed * 48_271) % 2_147_483_647;
        return this.#seed / 2_147_483_647;
      },
      hex: () => "",
    },
    memory: () => this.memory,
    targetMs: 60,
  });

  /** Calls come evenly, `rate` a second, for `seconds`; gives what came of them in the last half. */
  run(rate: number, capacity: number, seconds: number) {
    const end = this.nowMs + seconds * 1000;
    const half = this.nowMs + seconds * 500;
    let due = this.nowMs;
    const served: number[] = [];
    let refused = 0;
    const ends: number[] = [];
    while (this.nowMs < end) {
      // One turn of the loop: timers that are due, then everything that has come.
      const timers = this.#timers.filter(({ at }) => at <= this.nowMs);
      for (const timer of timers) {
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        timer.task();
      }
      // A provider takes its time: a call is under way for half a second.
      while ((ends[0] ?? Number.POSITIVE_INFINITY) <= this.nowMs) {
        ends.shift();
        this.shedder.release();
      }
      const ready: number[] = [];
      for (; due <= this.nowMs; due += 1000 / rate) ready.push(due);
      if (ready.length === 0) this.nowMs += 0.1;
      for (const at of ready) {
        try {
          this.shedder.admit();
          this.nowMs += 1000 / capacity;
          ends.push(this.nowMs + 500);
          if (this.nowMs > half) served.push(this.nowMs - at);
        } catch (thrown) {
          assert.ok(thrown instanceof GatewayError);
          this.nowMs += 1000 / capacity / 30;
          if (this.nowMs > half) refused++;
        }
      }
    }
    for (const _ of ends) this.shedder.release();
    served.sort((a, b) => a - b);
    return { goodput: served.length / (seconds / 2), refused, p99: served[Math.floor(served.length * 0.99)] ?? 0 };
  }
}

test("below its capacity nothing is turned away", () => {
  const machine = new Machine();
  machine.shedder.start();
  assert.equal(machine.run(700, 1000, 20).refused, 0);
});

test("R22: at five times the capacity most of it is still served, and no call waits long", (t) => {
  const machine = new Machine();
  machine.shedder.start();
  const { goodput, refused, p99 } = machine.run(5000, 1000, 60);
  t.diagnostic(`${goodput.toFixed(0)} of 1000 served a second, p99 ${p99.toFixed(0)} ms, ${refused} turned away`);
  assert.ok(goodput > 800, `${goodput}`);
  assert.ok(p99 < 250, `${p99}`);
  // And it is over when it is over: within five seconds everybody is taken again.
  machine.run(500, 1000, 5);
  assert.equal(machine.run(500, 1000, 5).refused, 0);
});

test("a standstill now and then, as collecting garbage makes it, turns nothing away", () => {
  const machine = new Machine();
  machine.shedder.start();
  for (let second = 0; second < 20; second++) {
    machine.run(600, 1000, 0.9);
    machine.nowMs += 100;
  }
  assert.equal(machine.shedder.view().refused, 0);
});

test("a few calls on a machine that is busy with something else are all served", () => {
  const machine = new Machine();
  machine.shedder.start();
  // A call now and then, while each turn of the loop is held up for a fifth of a second.
  for (let turn = 0; turn < 200; turn++) {
    machine.run(20, 1000, 0.001);
    machine.nowMs += 200;
  }
  assert.equal(machine.shedder.view().refused, 0);
});

test("without it the same load makes every call wait for seconds", () => {
  const machine = new Machine();
  assert.ok(machine.run(5000, 1000, 20).p99 > 1000);
});

test("memory that runs out turns calls away, all of them at last", () => {
  const machine = new Machine();
  machine.shedder.start();
  machine.memory = 0.9;
  assert.ok(machine.run(100, 1000, 10).refused > 400);
  machine.memory = 0.96;
  assert.equal(machine.run(100, 1000, 10).goodput, 0);
  machine.memory = 0.3;
  machine.run(100, 1000, 5);
  assert.equal(machine.run(100, 1000, 5).refused, 0);
});

test("no more than the most at a time, and whoever is turned away is told when to come back", () => {
  const { clock } = new Machine();
  const shedder = new LoadShedder({ clock, random: { next: () => 0.5, hex: () => "" }, most: 2, targetMs: 60, memory: () => 0 });
  shedder.admit();
  shedder.admit();
  assert.throws(
    () => shedder.admit(),
    (thrown) => thrown instanceof GatewayError && thrown.status === 503 && thrown.retryAfterMs === 2000,
  );
  shedder.release();
  shedder.admit();
  assert.deepEqual(shedder.view(), { underWay: 2, taken: 1, lagMs: 0, refused: 1 });
});
