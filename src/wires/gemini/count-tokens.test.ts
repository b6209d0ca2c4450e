import assert from "node:assert/strict";
import { test } from "node:test";
import { isObject } from "../../canonical/json.ts";
import { plain } from "../shared/testing/codec.ts";
import { skip } from "../shared/testing/recorded.ts";
import { asked } from "./testing/recorded.ts";
import { counting, foreign, incoming, target } from "./testing/setting.ts";

const meta = { id: "ours", createdAt: 0, model: "m" };

test("recorded requests to count encode back to what was sent, and their counts are read", { skip }, () => {
  let read = 0;
  for (const { file, request, reply, verb, model } of asked(["countTokens"])) {
    if (!isObject(request) || !isObject(reply) || verb !== "countTokens") continue;
    read++;
    const decoded = counting.decodeRequest(incoming(request, verb, { named: model }));
    const { wireRequest, warnings, decoder } = counting.encodeRequest(decoded.request(), target({ model }));
    assert.deepEqual(plain(wireRequest.body), request, file);
    assert.deepEqual(warnings, [], file);
    const result = decoder.whole(reply);
    assert.equal(result.inputTokens, reply["totalTokens"], file);
    // What no specification names is not told to callers.
    const { contentTokens: _, systemInstructionsTokens: __, ...known } = reply;
    assert.deepEqual(plain(decoded.encoder(meta).whole(result)), known, file);
  }
  assert(read >= 10, `${read}`);
});

test("a foreign request is counted whole, system text and tools with it", () => {
  const request = foreign({
    messages: [
      { role: "system", content: [{ type: "text", text: "Be brief." }] },
      { role: "user", content: [{ type: "text", text: "hi" }] },
    ],
    tools: [{ type: "function", name: "f", parameters: { type: "object", properties: {} } }],
  });
  const { wireRequest } = counting.encodeRequest(request, target({ model: "gemini-2.5-pro", stream: true }));
  assert.equal(wireRequest.path, "/v1beta/models/gemini-2.5-pro:countTokens");
  const body = plain(wireRequest.body);
  assert(isObject(body) && isObject(body["generateContentRequest"]));
  const inner = body["generateContentRequest"];
  assert.equal(inner["model"], "models/gemini-2.5-pro");
  assert.deepEqual(inner["systemInstruction"], { parts: [{ text: "Be brief." }] });
  assert(Array.isArray(inner["tools"]));
});
