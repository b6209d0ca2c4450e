import assert from "node:assert/strict";
import { test } from "node:test";
import { isContent } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { inputTokens, outputTokens } from "../../canonical/usage.ts";
import { plain } from "../shared/testing/codec.ts";
import { eventsOf, recordings, skip } from "../shared/testing/recorded.ts";
import { decodeError } from "./errors.ts";
import { decoder, incoming, readStream, responses, sourceOf, target } from "./testing/setting.ts";

/** What was sent, the model as the target names it. */
const due = (body: JsonObject, model: string): JsonObject => ({ ...body, model });

/** Lists of responses and the like have no model to be asked. */
const asksModel = (request: Json | undefined): request is JsonObject => isObject(request) && typeof request["model"] === "string";

test("every recorded request that was answered encodes back to what was sent", { skip }, () => {
  let seen = 0;
  for (const { file, provider, url, request, status } of recordings(["responses"])) {
    if (!asksModel(request) || status >= 400) continue;
    const decoded = responses.decodeRequest(incoming(request, url.pathname));
    const { wireRequest, warnings } = responses.encodeRequest(
      decoded.request(),
      target({ provider, model: decoded.model, stream: decoded.stream }),
    );
    assert.deepEqual(plain(wireRequest.body), due(request, decoded.model), file);
    assert.deepEqual(warnings, [], file);
    seen++;
  }
  assert.ok(seen > 1000, `${seen} requests`);
});

test("every recorded request relays with nothing but the model changed", { skip }, () => {
  for (const { file, request } of recordings(["responses"])) {
    if (!asksModel(request)) continue;
    const { wireRequest } = responses.relay(sourceOf(request), target({ model: "other", stream: request["stream"] === true }));
    assert.ok(Array.isArray(wireRequest.body), file);
    const sent: Json = JSON.parse(Buffer.concat(wireRequest.body).toString("utf8"));
    assert.deepEqual(sent, due(request, "other"), file);
  }
});

test("every recorded reply decodes: text, calls and usage add up", { skip }, () => {
  let seen = 0;
  for (const { file, status, reply, request, method } of recordings(["responses"])) {
    if (status !== 200 || method !== "POST") continue;
    if (request !== null && !asksModel(request)) continue;
    const { result, ended, failed } = (() => {
      if (isObject(reply)) return { result: decoder().whole(reply), ended: true, failed: false };
      const read = readStream(eventsOf(String(reply)));
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
    assert.equal(usage.anomaly, undefined, file);
    if (usage.reportedTotal !== undefined) assert.equal(inputTokens(usage) + outputTokens(usage), usage.reportedTotal, file);
  }
  assert.ok(seen > 1100, `${seen} replies`);
});

test("what a stream told piece by piece is what its last event says at once", { skip }, () => {
  let seen = 0;
  for (const { file, status, reply, provider } of recordings(["responses"])) {
    if (status !== 200 || typeof reply !== "string") continue;
    const events = eventsOf(reply);
    const over = events.findIndex(({ data }) => /"type":\s*"response\.(?:completed|incomplete)"/.test(data));
    const last: Json = over < 0 ? null : JSON.parse(events[over]?.data ?? "");
    const whole = isObject(last) && isObject(last["response"]) ? last["response"] : undefined;
    // Codex leaves the output out of its last event.
    if (whole === undefined || !Array.isArray(whole["output"]) || whole["output"].length === 0) continue;
    seen++;
    if (!agrees(events.slice(0, over))) continue;
    const told = readStream(events.slice(0, over + 1)).result;
    const said = decoder().whole(whole);
    assert.deepEqual(stable(told, provider), stable(said, provider), file);
  }
  assert.ok(seen > 250, `${seen} streams`);
});

/** Whether the deltas of every text are what is said of it at the end: those who recorded changed one and not the other. */
function agrees(events: readonly WireEvent[]): boolean {
  const told = new Map<string, string>();
  for (const { data } of events) {
    const body: Json = JSON.parse(data);
    if (!isObject(body)) continue;
    const { item_id: item, output_index: at, content_index: content, summary_index: summary, delta, type } = body;
    const key = [item, at, content, summary, String(type).replace(/\.(?:delta|done)$/, "")].join(" ");
    if (typeof delta === "string") told.set(key, (told.get(key) ?? "") + delta);
    else if (/\.done$/.test(String(type))) {
      const whole = body["text"] ?? body["arguments"] ?? body["input"] ?? body["refusal"];
      if (typeof whole === "string" && told.has(key) && told.get(key) !== whole) return false;
    }
  }
  return true;
}

/** Without what providers change between a stream's events and its end: ids (Copilot), what is encrypted, lists of tokens. */
function stable(result: unknown, provider: string): Json {
  const changing = new Set([
    "encrypted",
    "logprobs",
    "id",
    "value",
    "usage",
    "serviceTier",
    "moderation",
    "extra",
    "phase",
    ...(provider === "copilot" ? ["itemId"] : []),
  ]);
  return JSON.parse(JSON.stringify(result, (key, value: unknown) => (changing.has(key) ? undefined : value)));
}

test("relays pass every recorded stream on, reading only interesting frames once content has passed", { skip }, () => {
  for (const { file, status, reply } of recordings(["responses"])) {
    if (status !== 200 || typeof reply !== "string") continue;
    const source = sourceOf({ model: "m", input: "hi", stream: true });
    const all = responses.relay(source, target({ stream: true })).relay;
    const glance = responses.relay(source, target({ stream: true })).relay;
    for (const event of eventsOf(reply)) {
      assert.equal(all.push(event), "keep", file);
      const frame = `${event.event === undefined ? "" : `event: ${event.event}\n`}data: ${event.data}\n\n`;
      if (!glance.observed().content || glance.interesting.test(Buffer.from(frame).toString("latin1"))) glance.push(event);
    }
    assert.deepEqual(plain(glance.observed()), plain(all.observed()), file);
    const told = readStream(eventsOf(reply));
    const { finish, usage, error, content } = all.observed();
    const failed = told.chunks.find((chunk) => chunk.type === "error");
    if (failed === undefined) assert.deepEqual(plain(finish), plain(told.result.choices[0]?.finish), file);
    assert.deepEqual(plain(usage ?? null), plain(told.result.usage ?? null), file);
    assert.equal(error?.code, failed?.type === "error" ? failed.error.code : undefined, file);
    if (told.chunks.some(isContent)) assert.ok(content, file);
  }
});

test("relays understand every recorded whole reply", { skip }, () => {
  for (const { file, status, reply, method, request } of recordings(["responses"])) {
    if (status !== 200 || !isObject(reply) || method !== "POST" || !asksModel(request)) continue;
    const { relay } = responses.relay(sourceOf(request), target());
    assert.equal(relay.whole(reply), "keep");
    const { id, finish, usage, done } = relay.observed();
    const result = decoder().whole(reply);
    assert.ok(done, file);
    assert.equal(id, result.id, file);
    assert.deepEqual(
      [plain(finish), plain(usage ?? null)],
      [plain(result.choices[0]?.finish ?? finish), plain(result.usage ?? null)],
      file,
    );
  }
});

test("deltas of text are not interesting", { skip }, () => {
  let deltas = 0;
  const { interesting } = responses.relay(sourceOf({ model: "m", input: "hi" }), target({ stream: true })).relay;
  for (const { status, reply } of recordings(["responses"])) {
    if (status !== 200 || typeof reply !== "string") continue;
    for (const { data } of eventsOf(reply)) {
      if (!data.includes(".delta")) continue;
      if (!/^\{"(?:type|content_index|delta)/.test(data) || /"type":"response\.(?:completed|output_item)/.test(data)) continue;
      deltas++;
      assert.doesNotMatch(data, interesting);
    }
  }
  assert.ok(deltas > 10_000, `${deltas} deltas`);
});

test("every recorded error reply is classified by whose fault it is", { skip }, () => {
  const codes: { [code: string]: number } = {};
  for (const { file, provider, status, reply } of recordings(["responses"])) {
    if (status < 400) continue;
    const error = decodeError(status, {}, isObject(reply) ? reply : String(reply ?? ""), provider);
    assert.ok(error instanceof GatewayError);
    codes[error.code] = (codes[error.code] ?? 0) + 1;
    if (status === 401) assert.equal(error.code, "provider_credential", file);
    assert.notEqual(error.status, 401, file);
  }
  assert.ok((codes["model_not_found"] ?? 0) >= 3, JSON.stringify(codes));
});

test("no field that the specification names hides among the unnamed ones", { skip }, () => {
  const hidden = new Map<string, string>();
  for (const { file, url, request, status } of recordings(["responses"])) {
    if (!asksModel(request) || status >= 400) continue;
    const decoded = responses.decodeRequest(incoming(request, url.pathname)).request();
    for (const field of Object.keys(decoded.extra ?? {})) hidden.set(field, file);
  }
  // A provider's own routing (OpenRouter), and choices of hosted tools.
  for (const field of ["provider", "tool_choice"]) hidden.delete(field);
  assert.deepEqual([...hidden], []);
});
