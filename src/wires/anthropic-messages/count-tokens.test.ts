import assert from "node:assert/strict";
import { test } from "node:test";
import { isObject, type JsonObject } from "../../canonical/json.ts";
import { plain } from "../shared/testing/codec.ts";
import { recordings, skip } from "../shared/testing/recorded.ts";
import { countTokens } from "./count-tokens.ts";
import { foreign, target } from "./testing/setting.ts";

const decode = (body: JsonObject) => {
  assert(countTokens.decodeRequest);
  return countTokens.decodeRequest({ path: "/v1/messages/count_tokens", query: "", headers: {}, body });
};

test("every recorded count: the request encodes back to what was sent, the reply to what was told", { skip }, () => {
  let read = 0;
  for (const { file, request: body, reply, status } of recordings(["anthropic/count_tokens"])) {
    if (!isObject(body) || !isObject(reply) || status !== 200) continue;
    const decoded = decode(body);
    const { wireRequest, warnings, decoder } = countTokens.encodeRequest(decoded.request(), target({ model: decoded.model }));
    assert.equal(wireRequest.path, "/v1/messages/count_tokens");
    assert.deepEqual(plain(wireRequest.body), body, file);
    assert.deepEqual(warnings, [], file);
    const encoder = decoded.encoder({ id: "", createdAt: 0, model: "" });
    assert.deepEqual(encoder.whole(decoder.whole(reply)), reply, file);
    read++;
  }
  assert(read > 8, String(read));
});

test("of a chat only the prompt is sent to be counted, and nothing else is reported", () => {
  const request = foreign({
    ...{ maxOutputTokens: 5, temperature: 1.7, topP: 0.2, stop: ["x"], seed: 4, choices: 3, endUser: "u", serviceTier: "flex" },
    reasoning: { effort: "high" },
    tools: [{ type: "function", name: "f", parameters: { type: "object", properties: {} } }],
  });
  const { wireRequest, warnings } = countTokens.encodeRequest(request, target());
  const { body } = wireRequest;
  assert(body !== undefined);
  assert.deepEqual(Object.keys(body).sort(), ["messages", "model", "thinking", "tools"]);
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["reasoning_approximated"],
  );
});

test("the relay edits the model alone; a reply without a count is none", () => {
  const body = Buffer.from('{"model":"mine/claude",  "messages":[]}');
  const members = new Map([["model", { key: 1, start: 9, end: 22 }]]);
  const json = { model: "mine/claude", messages: [] };
  assert(countTokens.relay);
  const source = { wire: "anthropic-messages", path: "", query: "", headers: { "anthropic-beta": "b" }, body, json, members };
  const { wireRequest, relay } = countTokens.relay(source, target({ model: "claude" }));
  assert.equal(wireRequest.path, "/v1/messages/count_tokens");
  assert.equal(wireRequest.headers["anthropic-beta"], "b");
  assert(isArrayOfBytes(wireRequest.body));
  assert.equal(Buffer.concat(wireRequest.body).toString(), '{"model":"claude",  "messages":[]}');
  assert.equal(relay.whole({ type: "message" }), "keep");
  assert.equal(relay.observed().done, false);
  relay.whole({ input_tokens: 7 });
  assert.equal(relay.observed().done, true);
});

const isArrayOfBytes = (value: unknown): value is readonly Uint8Array[] => Array.isArray(value);
