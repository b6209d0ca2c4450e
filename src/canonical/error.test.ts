import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorTable, GatewayError, toGatewayError } from "./error.ts";
import { newCallId } from "./ids.ts";
import { type Warning, Warnings } from "./warnings.ts";

describe("GatewayError", () => {
  it("takes from the table what it is not told", () => {
    const error = new GatewayError("rate_limited", "wait");
    const { http, grpc, retryable, fault } = errorTable.rate_limited;
    assert.deepEqual([error.status, error.grpcStatus, error.retryable, error.fault], [http, grpc, retryable, fault]);
    assert.equal("cause" in error, false);
    const told = new GatewayError("rate_limited", "wait", { status: 529, retryable: false, cause: 7, retryAfterMs: 0 });
    assert.deepEqual([told.status, told.retryable, told.cause, told.retryAfterMs], [529, false, 7, 0]);
  });

  it("changed in one detail is the same in all others", () => {
    const upstream = { provider: "p", status: 500 };
    const error = new GatewayError("overloaded", "busy", {
      param: "x",
      upstream,
      retryable: false,
      cause: "why",
      retryAfterMs: 5,
    });
    assert.deepEqual({ ...error.with({ status: undefined, retryAfterMs: undefined }) }, { ...error });
    assert.deepEqual({ ...error.with({ status: 529 }) }, { ...error, status: 529 });
    assert.equal(error.with({ status: 529 }).cause, "why");
    assert.equal(error.with({ retryAfterMs: 9 }).retryAfterMs, 9);
    assert.equal(error.with({}).message, "busy");
  });

  it("keeps what was thrown by accident to its cause", () => {
    const thrown = new TypeError("secret of /home/me");
    const error = toGatewayError(thrown);
    assert.equal(error.code, "internal");
    assert.equal(error.cause, thrown);
    assert.doesNotMatch(error.message, /secret|home/);
    assert.equal(toGatewayError(error), error);
    assert.equal(toGatewayError(undefined).code, "internal");
  });

  it("has statuses that a reply may have, and retries nothing that is the caller's or the operator's fault", () => {
    for (const [code, { http, grpc, retryable, fault }] of Object.entries(errorTable)) {
      assert.ok(http >= 400 && http <= 599 && grpc >= 1 && grpc <= 16, code);
      if (fault === "caller" || fault === "operator") assert.equal(retryable, false, code);
    }
  });
});

it("warnings past the cap are counted, not kept", () => {
  const warnings = new Warnings();
  for (let at = 0; at < 70; at++) warnings.add({ kind: "dropped", code: `w${at}` });
  assert.equal(warnings.list.length, 64);
  assert.equal(warnings.list.at(-1)?.code, "w63");
  assert.equal(warnings.omitted, 6);
});

it("a warning that a second attempt finds again stands once, and no number of them is too many", () => {
  const warnings = new Warnings();
  const found: readonly Warning[] = [
    { kind: "dropped", code: "seed", at: "seed" },
    { kind: "dropped", code: "seed", at: "messages[1]" },
  ];
  for (const _ of [1, 2]) warnings.addAll(found);
  assert.deepEqual(warnings.list, found);
  warnings.addAll(Array.from({ length: 300_000 }, (_, at) => ({ kind: "dropped", code: "name", at: `messages[${at}]` })));
  assert.equal(warnings.omitted, 300_000 - 62);
});

it("call ids are of one length, and sort by time", () => {
  const id = (wall: number, byte: string): string =>
    newCallId({ now: () => 0, wall: () => wall, after: () => () => {} }, { next: () => 0, hex: (count) => byte.repeat(count) });
  assert.equal(id(0, "ff"), `call_${"0".repeat(12)}${"ff".repeat(10)}`);
  assert.ok(id(1_700_000_000_000, "ff") < id(1_700_000_000_001, "00"));
  assert.equal(id(1_700_000_000_000, "ab").length, id(9_999_999_999_999, "ab").length);
});
