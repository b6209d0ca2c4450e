import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import type { Source } from "../../canonical/call.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isObject } from "../../canonical/json.ts";
import { recordings, skip } from "../shared/testing/recorded.ts";
import type { Incoming } from "../wire.ts";
import { countTokens } from "./count-tokens.ts";
import { stored } from "./stored.ts";
import { foreign, incoming, sourceOf, target } from "./testing/setting.ts";

const came = (path: string, over: Partial<Incoming> = {}): Incoming => ({ ...incoming({}, path), method: "GET", ...over });

function asked(path: string, over: Partial<Source> = {}) {
  assert(stored.relay);
  const { wireRequest } = stored.relay({ ...sourceOf({}), path, method: "GET", ...over }, target());
  return [wireRequest.method, wireRequest.path];
}

describe("stored answers", () => {
  it("are asked for by method and path, with the harmless part of the query", () => {
    assert.deepEqual(asked("/v1/responses/resp_1", { query: "include=a&include=b&key=secret" }), [
      "GET",
      "/responses/resp_1?include=a&include=b",
    ]);
    assert.deepEqual(asked("/v1/responses/resp_1/input_items", { query: "limit=2&after=x%26y&order=asc" }), [
      "GET",
      "/responses/resp_1/input_items?limit=2&after=x%26y&order=asc",
    ]);
    assert.deepEqual(asked("/v1/responses/resp_1", { method: "DELETE" }), ["DELETE", "/responses/resp_1"]);
    assert.deepEqual(asked("/v1/responses/resp_1/cancel", { method: "POST" }), ["POST", "/responses/resp_1/cancel"]);
  });

  it("belong to their keeper, and name no model", () => {
    const decoded = stored.decodeRequest?.(came("/v1/responses/resp_1", { named: "resp_1" }));
    assert.deepEqual([decoded?.model, decoded?.continues, decoded?.request()], ["", "resp_1", { verb: "get", id: "resp_1" }]);
  });

  it("have ids that can be nothing else than ids", () => {
    for (const id of ["../models", "a/b", "a?b", "a%2Fb", "", "x".repeat(201)]) {
      const path = `/v1/responses/${encodeURIComponent(id)}`;
      assert.throws(
        () => asked(path),
        (error) => error instanceof GatewayError && error.code === "invalid_request",
        id,
      );
    }
  });

  it("are not streamed", () => {
    assert.throws(
      () => stored.decodeRequest?.(came("/v1/responses/resp_1", { query: "stream=true" })),
      (error) => error instanceof GatewayError && error.code === "unsupported" && error.param === "stream",
    );
  });

  it("are booked once: when made in the background and over", () => {
    const { decoder } = stored.encodeRequest({ verb: "get", id: "resp_1" }, target());
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    const body = { id: "resp_1", model: "m", usage, background: true, status: "completed" };
    assert.equal(decoder.whole(body).usage?.reportedTotal, 3);
    assert.equal(decoder.whole({ ...body, background: false }).usage, undefined);
    assert.equal(decoder.whole({ ...body, status: "in_progress" }).usage, undefined);
    assert.deepEqual(decoder.whole({ id: "resp_1", object: "response", deleted: true }), {
      body: { id: "resp_1", object: "response", deleted: true },
    });
  });

  it("are passed on as they came", () => {
    assert(stored.relay);
    const { relay } = stored.relay({ ...sourceOf({}), path: "/v1/responses/resp_1" }, target());
    assert.equal(relay.whole({ id: "resp_1", status: "completed" }), "keep");
    assert.deepEqual([relay.observed().done, relay.observed().id], [true, "resp_1"]);
  });
});

test("every recorded count is read, and asked for as it was", { skip }, () => {
  let seen = 0;
  for (const { file, request, reply, status } of recordings(["responses_input_tokens"])) {
    if (status !== 200 || !isObject(request) || !isObject(reply)) continue;
    const decoded = countTokens.decodeRequest?.(incoming(request, "/v1/responses/input_tokens"));
    assert(decoded);
    const { wireRequest, decoder, warnings } = countTokens.encodeRequest(decoded.request(), target({ model: decoded.model }));
    assert.deepEqual([wireRequest.path, wireRequest.body, warnings], ["/responses/input_tokens", request, []], file);
    const result = decoder.whole(reply);
    assert.equal(result.inputTokens, reply["input_tokens"], file);
    assert.deepEqual(decoded.encoder({ id: "x", createdAt: 1, model: "m" }).whole(result), reply, file);
    seen++;
  }
  assert.ok(seen >= 5, `${seen} counts`);
});

test("a count for another wire's caller asks for the prompt alone", () => {
  const { wireRequest, warnings } = countTokens.encodeRequest(foreign({ maxOutputTokens: 9, stop: ["x"], seed: 1 }), target());
  assert.deepEqual(wireRequest.body, { model: "gpt-5", input: [{ role: "user", content: "hello" }] });
  assert.deepEqual(warnings, []);
});
