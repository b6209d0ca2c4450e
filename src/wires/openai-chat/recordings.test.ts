import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { inputTokens, outputTokens } from "../../canonical/usage.ts";
import { plain } from "../shared/testing/codec.ts";
import { eventsOf, skip } from "../shared/testing/recorded.ts";
import { decodeError } from "./errors.ts";
import { chat, completions, incoming, readStream, sourceOf, target } from "./testing/setting.ts";

/** Histories that a lenient server let pass: a call that nobody answered, an answer to no call. */
const illegal = new Set([
  "ollama/openai_compat_chat_completions/activeagent.test-agent-common-format-multiple-tools.1.f9519f70.json",
  "ollama/openai_compat_chat_completions/ogx.d1b1773d2f2a6dea3ed84a136a5e379edfdbeee01b2f19a40fa5b983a631a036.0.810d1679.json",
]);

/** What is due upstream: what the caller sent, the model named in the body, the usage asked for. */
function due(body: JsonObject, model: string): JsonObject {
  const { stream_options: options } = body;
  const streams = body["stream"] === true;
  return {
    ...body,
    model,
    ...(streams && { stream_options: { ...(isObject(options) && options), include_usage: true } }),
  };
}

test("every recorded request that was answered encodes back to what was sent", { skip }, () => {
  let seen = 0;
  for (const { file, provider, url, request, status } of completions()) {
    if (!isObject(request) || status >= 400 || illegal.has(file)) continue;
    const decoded = chat.decodeRequest(incoming(request, url.pathname));
    const { wireRequest, warnings } = chat.encodeRequest(decoded.request(), {
      ...target({ provider, model: decoded.model, stream: decoded.stream }),
    });
    assert.deepEqual(plain(wireRequest.body), due(request, decoded.model), file);
    assert.deepEqual(warnings, [], file);
    seen++;
  }
  assert.ok(seen > 1700, `${seen} requests`);
});

test("every recorded request relays with nothing but the model and the usage option changed", { skip }, () => {
  for (const { file, request } of completions()) {
    if (!isObject(request)) continue;
    const { wireRequest } = chat.relay(sourceOf(request), target({ model: "other", stream: request["stream"] === true }));
    assert.ok(Array.isArray(wireRequest.body), file);
    const sent: Json = JSON.parse(Buffer.concat(wireRequest.body).toString("utf8"));
    assert.deepEqual(sent, due(request, "other"), file);
  }
});

test("every recorded reply decodes: text, calls and usage add up", { skip }, () => {
  let seen = 0;
  for (const { file, status, reply, request } of completions()) {
    if (status !== 200) continue;
    const asked = isObject(request) && typeof request["n"] === "number" ? request["n"] : 1;
    const { decoder } = chat.encodeRequest(
      { model: "m", messages: [{ role: "user", content: [{ type: "text", text: "x" }] }], choices: asked },
      target(),
    );
    const { result, ended, failed } = (() => {
      if (isObject(reply)) return { result: decoder.whole(reply), ended: true, failed: false };
      const read = readStream(eventsOf(String(reply)), decoder);
      return { ...read, failed: read.chunks.some((chunk) => chunk.type === "error") };
    })();
    seen++;
    assert.ok(ended || failed, file);
    for (const choice of result.choices) {
      const called = choice.content.some((part) => part.type === "tool-call");
      if (choice.finish.reason === "tool-calls") assert.ok(called, file);
      if (called) assert.match(choice.finish.reason, /^(tool-calls|length|content-filter|error)$/, file);
      for (const part of choice.content) if (part.type === "tool-call") assert.ok(part.id && part.name, file);
    }
    const { usage } = result;
    if (usage === undefined) continue;
    const { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputVisible, outputReasoning } = usage;
    for (const bucket of [inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputVisible, outputReasoning]) {
      assert.ok(Number.isSafeInteger(bucket) && bucket >= 0, file);
    }
    if (usage.anomaly === undefined && usage.reportedTotal !== undefined) {
      assert.equal(inputTokens(usage) + outputTokens(usage), usage.reportedTotal, file);
    }
  }
  assert.ok(seen > 1800, `${seen} replies`);
});

test("relays pass every recorded stream on, reading only interesting frames once content has passed", { skip }, () => {
  for (const { file, status, reply, request } of completions()) {
    if (status !== 200 || typeof reply !== "string" || !isObject(request)) continue;
    const options = request["stream_options"];
    const asked = isObject(options) && options["include_usage"] === true;
    const all = chat.relay(sourceOf(request), target({ stream: true })).relay;
    const glance = chat.relay(sourceOf(request), target({ stream: true })).relay;
    for (const event of eventsOf(reply)) {
      const usageOnly = /"choices":\s*\[\]/.test(event.data) && /"usage":\s*\{/.test(event.data);
      const verdict = all.push(event);
      // What is replaced is held to the conformance suite's judge.
      if (typeof verdict === "string") assert.equal(verdict, usageOnly && !asked ? "drop" : "keep", file);
      const frame = `${event.event === undefined ? "" : `event: ${event.event}\n`}data: ${event.data}\n\n`;
      if (!glance.observed().content || glance.interesting.test(Buffer.from(frame).toString("latin1"))) glance.push(event);
    }
    assert.deepEqual(plain(glance.observed()), plain(all.observed()), file);
  }
});

test("chunks of real OpenAI streams with content are not interesting", { skip }, () => {
  let plainChunks = 0;
  for (const { provider, status, reply, request } of completions()) {
    if (provider !== "openai" || status !== 200 || typeof reply !== "string" || !isObject(request)) continue;
    const { interesting } = chat.relay(sourceOf(request), target({ stream: true })).relay;
    for (const { data } of eventsOf(reply)) {
      if (!/"delta":\{"content":"[^"]/.test(data) || /"finish_reason":"/.test(data) || /"usage":\{/.test(data)) continue;
      plainChunks++;
      assert.doesNotMatch(data, interesting);
    }
  }
  assert.ok(plainChunks > 1000);
});

test("every recorded error reply is classified by whose fault it is", { skip }, () => {
  const codes: { [code: string]: number } = {};
  for (const { file, provider, status, reply } of completions()) {
    if (status < 400) continue;
    const error = decodeError(status, {}, isObject(reply) ? reply : String(reply ?? ""), provider);
    assert.ok(error instanceof GatewayError);
    codes[error.code] = (codes[error.code] ?? 0) + 1;
    if (status === 401) assert.equal(error.code, "provider_credential", file);
    if (status === 404) assert.equal(error.code, "model_not_found", file);
    assert.notEqual(error.status, 401, file);
  }
  assert.ok((codes["context_overflow"] ?? 0) >= 5, JSON.stringify(codes));
  assert.ok((codes["model_not_found"] ?? 0) >= 12, JSON.stringify(codes));
  assert.ok((codes["invalid_request"] ?? 0) >= 15, JSON.stringify(codes));
});

test("no field that the specification names hides among the unnamed ones", { skip }, () => {
  const named =
    /^(?:model|messages|stream|tools|tool_choice|response_format|stop|n|user|max_tokens|max_completion_tokens|temperature|top_p)$/;
  for (const { file, url, request, status } of completions()) {
    if (!isObject(request) || status >= 400) continue;
    const decoded = chat.decodeRequest(incoming(request, url.pathname)).request();
    for (const field of Object.keys(decoded.extra ?? {})) assert.doesNotMatch(field, named, file);
    for (const message of decoded.messages) {
      for (const [field, value] of Object.entries(message.extra ?? {})) {
        if (value === null) continue;
        assert.doesNotMatch(field, /^(?:role|content|name|refusal|audio|tool_calls|tool_call_id|function_call)$/, file);
      }
    }
    assert.ok(!isArray(decoded.extra));
  }
});
