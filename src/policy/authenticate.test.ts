import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { type Call, type Caller, CallRecord } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Step } from "../canonical/reply.ts";
import { Warnings } from "../canonical/warnings.ts";
import { chain } from "../gateway.ts";
import { KeyRing, openCaller } from "../identity/keys.ts";
import { authenticate, identifyBy } from "./authenticate.ts";

const keys = new KeyRing([
  { id: "dev", secret: "secret-one", labels: { team: "web" } },
  { id: "ops", secret: "secret-two", labels: {} },
]);
const none = new KeyRing([]);

const callBy = (caller: Caller): Call<"chat"> => ({
  id: "call_1",
  operation: "chat",
  model: "m",
  stream: false,
  strict: false,
  request: { model: "m", messages: [] },
  caller,
  labels: {},
  signal: new AbortController().signal,
  deadline: 1,
  warnings: new Warnings(),
  record: new CallRecord(),
});
describe("KeyRing", () => {
  it("finds callers by the whole secret, and keeps none of it", () => {
    assert.deepEqual(keys.find("secret-one"), { kind: "key", keyId: "dev", labels: { team: "web" } });
    assert.equal(keys.find("secret-two")?.keyId, "ops");
    for (const wrong of ["", "secret-on", "secret-one ", "Secret-one", "secret-one\0", "__proto__"])
      assert.equal(keys.find(wrong), undefined);
    assert.doesNotMatch(inspect(keys, { depth: 9, showHidden: true }) + JSON.stringify(keys), /secret-/);
  });
});

describe("identifyBy", () => {
  it("knows callers by their keys, and says the same of a wrong one and of none", () => {
    const identify = identifyBy(keys);
    assert.equal(identify("secret-two").keyId, "ops");
    const refusals = [undefined, "", "wrong"].map((presented) => {
      try {
        return identify(presented).keyId;
      } catch (thrown) {
        assert.ok(thrown instanceof GatewayError && thrown.code === "unauthenticated");
        return thrown.message;
      }
    });
    assert.equal(new Set(refusals).size, 1);
    assert.doesNotMatch(refusals[0] ?? "", /wrong|secret/);
  });

  it("without keys takes anybody, whatever they present", () => {
    assert.equal(identifyBy(none)(undefined), openCaller);
    assert.equal(identifyBy(none)("sk-anything"), openCaller);
  });
});

describe("authenticate", () => {
  const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => "passed",
      (thrown: GatewayError) => thrown.code,
    );
  it("lets nobody through where keys are configured", async () => {
    const reached: string[] = [];
    const handler = authenticate(keys)(async (call) => {
      reached.push(call.caller.keyId);
      return {
        stream: false,
        get result(): never {
          return assert.fail("asked for");
        },
      };
    });
    assert.equal(await codeOf(handler(callBy(openCaller))), "unauthenticated");
    assert.deepEqual(reached, []);
    assert.equal(await codeOf(handler(callBy({ kind: "key", keyId: "dev", labels: {} }))), "passed");
    assert.deepEqual(reached, ["dev"]);
  });

  it("without keys lets everybody through", async () => {
    const handler = authenticate(none)(() => Promise.reject(new GatewayError("timeout", "reached")));
    assert.equal(await codeOf(handler(callBy(openCaller))), "timeout");
  });
});

it("the chain's first step is the outermost", async () => {
  const seen: string[] = [];
  const step =
    (name: string): Step =>
    (next) =>
    async (call) => {
      seen.push(`${name} in`);
      return next(call).finally(() => seen.push(`${name} out`));
    };
  const handler = chain(
    step("a"),
    step("b"),
  )(() => {
    seen.push("handler");
    return Promise.reject(new GatewayError("timeout", ""));
  });
  await assert.rejects(handler(callBy(openCaller)));
  assert.deepEqual(seen, ["a in", "b in", "handler", "b out", "a out"]);
});
