import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { type Call, CallRecord, withRequest } from "./call.ts";
import { Secret } from "./secret.ts";
import { Warnings } from "./warnings.ts";

test("a call whose request was changed has lost its source, and nothing else", () => {
  const call: Call<"chat"> = {
    id: "call_1",
    operation: "chat",
    model: "a/b",
    stream: true as const,
    strict: false,
    continues: "resp_1",
    output: { schema: { type: "object" } },
    request: { model: "b", messages: [] },
    callerWire: "w",
    source: { wire: "w", path: "/", query: "", headers: {}, body: new Uint8Array(), json: {}, members: new Map() },
    caller: { kind: "open", keyId: "open", labels: {} },
    labels: { team: "web" },
    signal: AbortSignal.abort(),
    deadline: 7,
    warnings: new Warnings(),
    record: new CallRecord(),
  };
  const changed = withRequest(call, { model: "c", messages: [] });
  assert.equal("source" in changed, false);
  const { source: _, request: __, ...rest } = call;
  assert.deepEqual(changed, { ...rest, request: { model: "c", messages: [] } });
});

test("a secret does not show unless it is revealed", () => {
  const secret = new Secret("hunter2");
  const shown = [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect([secret]),
    Object.keys(secret).join(),
  ];
  assert.doesNotMatch(shown.join("\n"), /hunter2/);
  assert.doesNotMatch(inspect(structuredClone(secret)), /hunter2/);
  assert.equal(secret.reveal(), "hunter2");
});
