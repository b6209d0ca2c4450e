import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { BodyBudget } from "./body-budget.ts";
import { type BodyTerms, readBody } from "./read-body.ts";
import { arriving } from "./testing/arriving.ts";

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "read",
    (thrown: unknown) => (thrown instanceof GatewayError ? thrown.code : String(thrown)),
  );

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const terms = (limit: number, budget = new BodyBudget(99)): BodyTerms => ({
  limit,
  budget,
  clock: new FakeClock(),
  graceMs: 10_000,
});

describe("readBody", () => {
  it("reads what comes, in one piece or many", async () => {
    for (const pieces of [[], ["abc"], ["a", "b", "c"]]) {
      const { request, socket } = await arriving("transfer-encoding: chunked\r\n");
      const body = readBody(request, terms(3));
      for (const piece of pieces) socket.push(`${piece.length}\r\n${piece}\r\n`);
      socket.push("0\r\n\r\n");
      assert.equal((await body).toString(), pieces.join(""));
    }
  });

  it("refuses more than it takes: at once when announced, as soon as it has come when not", async () => {
    const announced = await arriving("content-length: 4\r\n");
    assert.equal(await codeOf(readBody(announced.request, terms(3))), "payload_too_large");
    const { request, socket } = await arriving("transfer-encoding: chunked\r\n");
    const body = codeOf(readBody(request, terms(3)));
    socket.push("2\r\nab\r\n");
    socket.push("2\r\ncd\r\n");
    assert.equal(await body, "payload_too_large");
    assert.equal(request.listenerCount("data"), 0);
  });

  it("gives up when the caller does", async () => {
    const budget = new BodyBudget(9);
    const { request, socket } = await arriving("content-length: 4\r\n");
    const body = codeOf(readBody(request, terms(9, budget)));
    socket.push("ab");
    socket.destroy();
    assert.equal(await body, "cancelled");
    assert.doesNotThrow(() => budget.take(9));
  });

  it("refuses what all calls together may not hold, and gives back what it had taken", async () => {
    const budget = new BodyBudget(5);
    budget.take(2);
    const { request, socket } = await arriving("transfer-encoding: chunked\r\n");
    const body = codeOf(readBody(request, terms(9, budget)));
    socket.push("2\r\nab\r\n");
    socket.push("2\r\ncd\r\n");
    assert.equal(await body, "gateway_overloaded");
    assert.doesNotThrow(() => budget.take(3));
    assert.throws(() => budget.take(1));
  });

  it("refuses what comes too slowly, and only that; no timer is left behind", async () => {
    const slow = await arriving("content-length: 900000\r\n");
    const clock = new FakeClock();
    const budget = new BodyBudget(99_999);
    const body = codeOf(readBody(slow.request, { limit: 900_000, budget, clock, graceMs: 10_000 }));
    await settled();
    assert.equal(clock.pending, 1);
    slow.socket.push("x".repeat(5121));
    await settled();
    clock.advance(10_000);
    assert.equal(slow.request.listenerCount("data"), 1, "5121 bytes in 10 s will do");
    slow.socket.push("x".repeat(511));
    await settled();
    clock.advance(999);
    assert.equal(slow.request.listenerCount("data"), 1);
    slow.socket.push("x");
    await settled();
    clock.advance(1);
    assert.equal(slow.request.listenerCount("data"), 1, "5633 in 11 s will do");
    slow.socket.push("x".repeat(510));
    await settled();
    clock.advance(1000);
    assert.equal(await body, "invalid_request", "6143 in 12 s will not");
    assert.equal(clock.pending, 0);
    assert.doesNotThrow(() => budget.take(99_999));

    const quick = await arriving("content-length: 3\r\n", "abc");
    const whole = readBody(quick.request, { ...terms(9), clock });
    assert.equal((await whole).toString(), "abc");
    assert.equal(clock.pending, 0);
  });
});
