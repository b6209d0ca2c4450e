import assert from "node:assert/strict";
import { test } from "node:test";
import type { EmbedRequest } from "../../canonical/embed.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject } from "../../canonical/json.ts";
import { plain } from "../shared/testing/codec.ts";
import { skip } from "../shared/testing/recorded.ts";
import { asked } from "./testing/recorded.ts";
import { embed, incoming, target } from "./testing/setting.ts";

const meta = { id: "ours", createdAt: 0, model: "m" };
const verbs = ["embedContent", "batchEmbedContents"];

test("recorded requests for embeddings encode back to what was sent, and replies decode to as many vectors", { skip }, () => {
  let read = 0;
  for (const { file, request, reply, status, verb, model } of asked(verbs)) {
    if (!isObject(request) || !isObject(reply) || status !== 200) continue;
    read++;
    const decoded = embed.decodeRequest(incoming(request, verb, { named: model }));
    const canonical = decoded.request();
    const { wireRequest, warnings, decoder } = embed.encodeRequest(canonical, target({ model }));
    assert.deepEqual(plain(wireRequest.body), request, file);
    assert.deepEqual(warnings, [], file);
    assert.equal(wireRequest.path, `/v1beta/models/${model}:${verb}`, file);
    const result = decoder.whole(reply);
    assert.equal(result.vectors.length, canonical.inputs.length, file);
    const again = decoded.encoder(meta).whole(result);
    const { usageMetadata: _, ...vectors } = reply;
    const { usageMetadata: usage, ...written } = again;
    assert.deepEqual(plain(written), vectors, file);
    assert.equal(usage === undefined, result.usage === undefined, file);
    assert(result.usage === undefined || result.usage.inputUncached > 0, file);
  }
  assert(read > 20, `${read}`);
});

const foreign: EmbedRequest = { model: "m", inputs: ["a", "b"], dimensions: 8, extraOrigin: "openai-embeddings", endUser: "u" };

test("a foreign request becomes a batch, in order, with its dimensions", () => {
  const { wireRequest, warnings } = embed.encodeRequest(foreign, target({ model: "gemini-embedding-001" }));
  assert.equal(wireRequest.path, "/v1beta/models/gemini-embedding-001:batchEmbedContents");
  const body = plain(wireRequest.body);
  assert(isObject(body) && isArray(body["requests"]));
  const model = "models/gemini-embedding-001";
  assert.deepEqual(
    body["requests"],
    ["a", "b"].map((text) => ({ model, content: { parts: [{ text }] }, outputDimensionality: 8 })),
  );
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["user_ignored"],
  );
});

test("token numbers are refused by name; vectors in base64 are told as numbers", () => {
  const refused = (error: unknown): boolean =>
    error instanceof GatewayError && error.code === "unsupported" && error.param === "input[1]";
  assert.throws(() => embed.encodeRequest({ ...foreign, inputs: ["a", [1, 2]] }, target()), refused);
  const base64 = Buffer.from(new Float32Array([0.5, -2]).buffer).toString("base64");
  const request = { requests: [{ content: { parts: [{ text: "a" }] } }] };
  const writer = embed.decodeRequest(incoming(request, "batchEmbedContents")).encoder(meta);
  assert.deepEqual(plain(writer.whole({ vectors: [{ base64 }] })), { embeddings: [{ values: [0.5, -2] }] });
});

test("requests of a batch that want different things are refused by their place", () => {
  const content = { parts: [{ text: "a" }] };
  const body = { requests: [{ content }, { content, taskType: "RETRIEVAL_QUERY" }] };
  const decoded = embed.decodeRequest(incoming(body, "batchEmbedContents"));
  assert.throws(
    () => decoded.request(),
    (error) => error instanceof GatewayError && error.param === "requests[1]",
  );
});

test("relay keeps the caller's verb and reads the usage", () => {
  const json = { content: { parts: [{ text: "a" }] } };
  const body = new TextEncoder().encode(JSON.stringify(json));
  const members = new Map([["content", { key: 1, start: 11, end: body.length - 1 }]]);
  const source = { wire: "gemini", path: "/v1/models/m:embedContent", query: "key=secret", headers: {}, body, json, members };
  const { wireRequest, relay } = embed.relay(source, target({ model: "e" }));
  assert.equal(wireRequest.path, "/v1beta/models/e:embedContent");
  assert(Array.isArray(wireRequest.body) && Buffer.concat(wireRequest.body).equals(body));
  assert.equal(relay.whole({ embedding: { values: [1] }, usageMetadata: { promptTokenCount: 3 } }), "keep");
  assert.equal(relay.observed().usage?.inputUncached, 3);
});
