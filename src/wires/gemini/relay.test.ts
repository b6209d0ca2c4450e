import assert from "node:assert/strict";
import { test } from "node:test";
import type { Source } from "../../canonical/call.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { parsed, sourceAt } from "../shared/testing/codec.ts";
import type { Relay, Relayed, Target } from "../wire.ts";
import { chat, event, target } from "./testing/setting.ts";

const path = "/v1/models/m:streamGenerateContent";
const sourceOf = (json: JsonObject): Source => ({
  ...sourceAt({ wire: "gemini", path }, json),
  query: "key=secret&alt=sse",
  headers: { "x-goog-api-key": "secret" },
});

const relayed = (json: JsonObject, over: Partial<Target> = {}): Relayed<"chat"> =>
  chat.relay(sourceOf(json), target({ stream: true, ...over }));

const begun = (): Relay => {
  const { relay } = relayed({ contents: [] });
  relay.push(event({ candidates: [{ content: { parts: [{ text: "beg" }] }, index: 0 }], responseId: "r", modelVersion: "v" }));
  return relay;
};

test("the caller's bytes go on as they came; its key and its version stay here", () => {
  const json = { contents: [{ parts: [{ text: "é" }] }], safetySettings: [] };
  const { wireRequest, warnings } = relayed(json, { model: "gemini-3-flash" });
  assert.equal(wireRequest.path, "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse");
  assert.deepEqual(wireRequest.headers, { "content-type": "application/json" });
  assert(Array.isArray(wireRequest.body));
  assert.equal(Buffer.concat(wireRequest.body).toString(), JSON.stringify(json));
  assert.deepEqual(warnings, []);
});

test("what the provider refuses is taken out and reported", () => {
  const json = { contents: [], labels: { a: "b" } };
  const quirks = { drop: ["labels"] };
  const { wireRequest, warnings } = relayed(json, { quirks });
  assert(Array.isArray(wireRequest.body));
  assert.equal(Buffer.concat(wireRequest.body).toString(), '{"contents":[]}');
  assert.deepEqual(
    warnings.map(({ at }) => at),
    ["labels"],
  );
});

test("nothing is looked for in events of text alone; what matters is found", () => {
  const { interesting } = begun();
  const text = {
    candidates: [{ content: { parts: [{ text: 'say "finishReason":"STOP" and "error": x' }] } }],
    usageMetadata: { a: 1 },
  };
  assert(!interesting.test(JSON.stringify(text)));
  for (const found of [{ finishReason: "STOP" }, { functionCall: {} }, { error: {} }, { blockReason: "SAFETY" }]) {
    assert(interesting.test(JSON.stringify(found)));
    assert(interesting.test(JSON.stringify(found, undefined, 1)));
  }
});

test("what passed is observed: a call, the last usage, the finish", () => {
  const relay = begun();
  assert.deepEqual(relay.observed(), {
    id: "r",
    model: "v",
    usage: undefined,
    finish: undefined,
    error: undefined,
    content: true,
    ended: false,
    done: false,
  });
  const parts = [{ functionCall: { name: "f", args: {} } }];
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
  relay.push(event({ candidates: [{ content: { parts }, finishReason: "STOP", index: 0 }], usageMetadata }));
  const { finish, usage, ended } = relay.observed();
  assert.deepEqual([finish?.reason, finish?.raw, usage?.outputVisible, ended], ["tool-calls", "STOP", 2, true]);
});

test("a refused prompt ends the stream without content", () => {
  const { relay } = relayed({ contents: [] });
  relay.push(event({ promptFeedback: { blockReason: "SAFETY" } }));
  const { finish, ended, content } = relay.observed();
  assert.deepEqual([finish?.reason, ended, content], ["content-filter", true, false]);
});

test("cuts: an error for what broke, a finish reason at a limit, nothing after an end", () => {
  const error = new GatewayError("truncated", "It broke off.");
  const [first] = parsed(begun().cut({ kind: "truncated", error }));
  assert(JSON.stringify(first).includes('"status":"UNAVAILABLE"'));
  const [last] = parsed(begun().cut({ kind: "limited" }));
  assert(JSON.stringify(last).includes('"finishReason":"MAX_TOKENS"'));
  const over = begun();
  over.push(event({ candidates: [{ finishReason: "STOP", index: 0 }] }));
  assert.deepEqual(over.cut({ kind: "limited" }), []);
  const failed = begun();
  failed.push(event({ error: { code: 503, message: "busy", status: "UNAVAILABLE" } }));
  assert.equal(failed.observed().error?.code, "overloaded");
  assert.deepEqual(failed.cut({ kind: "error", error }), []);
});

test("a model that the body names again is renamed there too, and all else goes on as it came", () => {
  const sent = (json: JsonObject): Json => {
    const { body } = chat.relay(sourceOf(json), target({ model: "gemini-3" })).wireRequest;
    assert.ok(Array.isArray(body));
    return JSON.parse(Buffer.concat(body).toString("utf8"));
  };
  const requests = [{ model: "models/mine/gemini-3", content: {} }, { content: {} }];
  assert.deepEqual(sent({ requests, x: 1 }), { requests: [{ model: "models/gemini-3", content: {} }, { content: {} }], x: 1 });
  assert.deepEqual(sent({ model: "models/mine/gemini-3" }), { model: "models/gemini-3" });
  assert.deepEqual(sent({ generateContentRequest: { model: "models/a", contents: [] } }), {
    generateContentRequest: { model: "models/gemini-3", contents: [] },
  });
  assert.deepEqual(sent({ contents: [], model: 7 }), { contents: [], model: 7 });
});
