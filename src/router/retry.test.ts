import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { errorTable, GatewayError } from "../canonical/error.ts";
import { callerHeaders, requestId, withRequestId } from "./reply-headers.ts";
import { retryDelay, retryPolicy } from "./retry.ts";

const random = (next: number) => ({ next: () => next, hex: () => "" });
const overloaded = (retryAfterMs?: number): GatewayError => new GatewayError("overloaded", "busy", { retryAfterMs });

describe("retryDelay", () => {
  const chance = fc.double({ min: 0, max: 0.999999, noNaN: true });
  const hint = fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined });
  const policy = fc.record({ maxAttempts: fc.integer({ min: 1, max: 12 }), baseMs: fc.nat(2000), capMs: fc.nat(9000) });

  it("lies between the hint and the jittered backoff, never reaches the deadline, and ends with the attempts", () => {
    fc.assert(
      fc.property(
        policy,
        chance,
        hint,
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: -5, max: 20_000 }),
        (rules, next, wanted, attempts, remainingMs) => {
          const wait = retryDelay(overloaded(wanted), { attempts, remainingMs }, rules, random(next));
          const longest = Math.min(rules.capMs, rules.baseMs * 2 ** (attempts - 1));
          const due = Math.max(wanted ?? 0, next * longest);
          if (attempts >= rules.maxAttempts || due >= remainingMs) assert.equal(wait, undefined);
          else {
            assert.equal(wait, due);
            assert.ok(wait >= 0 && wait < remainingMs && wait <= Math.max(rules.capMs, wanted ?? 0));
          }
        },
      ),
    );
  });

  it("gives up at once on what another try cannot mend", () => {
    for (const [code, { retryable }] of Object.entries(errorTable)) {
      const error = new GatewayError("internal", "", { retryable });
      const wait = retryDelay(error, { attempts: 1, remainingMs: 9e9 }, retryPolicy, random(0.5));
      assert.equal(wait !== undefined, retryable, code);
    }
    assert.equal(retryDelay(overloaded(Number.NaN), { attempts: 1, remainingMs: 9e9 }, retryPolicy, random(0)), undefined);
  });

  it("doubles from a quarter of a second, three attempts in all", () => {
    const wait = (attempts: number) => retryDelay(overloaded(), { attempts, remainingMs: 9e9 }, retryPolicy, random(0.5));
    assert.deepEqual([wait(1), wait(2), wait(3)], [125, 250, undefined]);
  });
});

it("of the provider's headers callers see request ids and rate limits, no cookies and no framing", () => {
  const shown = {
    "x-request-id": "r",
    "request-id": "q",
    "x-ratelimit-remaining-requests": "1",
    "anthropic-ratelimit-tokens-reset": "t",
  };
  const hidden = {
    "set-cookie": "a=b",
    "content-length": "9",
    "transfer-encoding": "chunked",
    "retry-after": "1",
    server: "x",
    "cf-ray": "c",
  };
  assert.deepEqual(callerHeaders({ ...shown, ...hidden, "openai-version": undefined }), shown);
  assert.equal(requestId({ "cf-ray": "c" }), "c");
  assert.equal(requestId({ "cf-ray": "c", "request-id": "q" }), "q");
});

it("every caller finds an id where its SDK looks for one: the provider's own, else the call's", () => {
  const told = (callerWire: string | undefined) => withRequestId({ "x-request-id": "theirs" }, { id: "call_1", callerWire });
  assert.deepEqual(told("openai-responses"), { "x-request-id": "theirs" });
  assert.deepEqual(told("anthropic-messages"), { "x-request-id": "theirs", "request-id": "call_1" });
  assert.deepEqual(told("gemini"), { "x-request-id": "theirs" });
  assert.deepEqual(told(undefined), { "x-request-id": "theirs" });
  assert.deepEqual(withRequestId({}, { id: "call_1", callerWire: "openai-chat" }), { "x-request-id": "call_1" });
});
