import assert from "node:assert/strict";
import { test } from "node:test";
import { isObject, type JsonObject } from "../../canonical/json.ts";
import type { Usage } from "../../canonical/usage.ts";
import { decoder, event } from "./testing/setting.ts";
import { decodeUsage, encodeDeltaUsage, encodeUsage } from "./usage.ts";

const buckets = (usage: Usage | undefined) =>
  usage && [
    usage.inputUncached,
    usage.cacheRead,
    usage.cacheWrite5m,
    usage.cacheWrite1h,
    usage.outputVisible,
    usage.outputReasoning,
  ];

/** The last usage of a stream whose message_start and message_delta say these. */
function streamed(start: JsonObject | undefined, ...deltas: readonly JsonObject[]): Usage | undefined {
  const reader = decoder();
  const events = [
    event({ type: "message_start", message: { content: [], ...(start && { usage: start }) } }),
    ...deltas.map((usage) => event({ type: "message_delta", delta: {}, usage })),
  ];
  const chunks = events.flatMap((one) => reader.push(one));
  return chunks.flatMap((chunk) => (chunk.type === "usage" ? chunk.usage : [])).at(-1);
}

test("usage of a stream merges field by field, the last explicit value wins", () => {
  const full = { input_tokens: 9, cache_read_input_tokens: 1, output_tokens: 5 };
  assert.deepEqual(buckets(streamed({ input_tokens: 9, cache_read_input_tokens: 1 }, full)), [9, 1, 0, 0, 5, 0]);
  assert.deepEqual(buckets(streamed(undefined, full)), [9, 1, 0, 0, 5, 0]);
  assert.deepEqual(buckets(streamed({ ...full, output_tokens: 1 }, { output_tokens: 5 })), [9, 1, 0, 0, 5, 0]);
  assert.deepEqual(buckets(streamed(full, { input_tokens: 0, output_tokens: 7 })), [0, 1, 0, 0, 7, 0]);
  assert.deepEqual(buckets(streamed(full, { input_tokens: null, output_tokens: 7 })), [9, 1, 0, 0, 7, 0]);
});

test("a cache write is counted once, whether told whole, split, or split over two events", () => {
  const split = (more: JsonObject, written?: number): JsonObject => ({
    input_tokens: 1,
    output_tokens: 1,
    cache_creation: more,
    ...(written !== undefined && { cache_creation_input_tokens: written }),
  });
  const long = { ephemeral_1h_input_tokens: 463_184 };
  assert.deepEqual(buckets(streamed(split(long, 463_184), split({ ephemeral_5m_input_tokens: 0 }))), [1, 0, 0, 463_184, 1, 0]);
  assert.deepEqual(buckets(decodeUsage(split({ ...long, ephemeral_5m_input_tokens: 6 }, 463_190))), [1, 0, 6, 463_184, 1, 0]);
  assert.deepEqual(
    buckets(decodeUsage({ input_tokens: 1, cache_creation_input_tokens: 8, output_tokens: 1 })),
    [1, 0, 8, 0, 1, 0],
  );
});

test("input excludes cached tokens, output includes thinking", () => {
  const usage = decodeUsage({
    input_tokens: 56_322,
    cache_read_input_tokens: 72_960,
    output_tokens: 10,
    output_tokens_details: { thinking_tokens: 4 },
  });
  assert.deepEqual(buckets(usage), [56_322, 72_960, 0, 0, 6, 4]);
  assert.equal(usage.anomaly, undefined);
});

test("figures that do not add up are flagged and never negative", () => {
  const odd: readonly JsonObject[] = [
    { input_tokens: -5, output_tokens: 1 },
    { input_tokens: 1, output_tokens: 2, output_tokens_details: { thinking_tokens: 9 } },
    { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 9 } },
    { input_tokens: 1.5, output_tokens: "3" },
  ];
  for (const raw of odd) {
    const usage = decodeUsage(raw);
    assert(usage.anomaly, JSON.stringify(raw));
    assert(buckets(usage)?.every((tokens) => tokens >= 0));
    assert.equal(usage.raw, raw);
  }
});

test("a compaction before the answer is billed with it; other models' iterations are not ours", () => {
  const iteration = (type: string, input: number) => ({ type, input_tokens: input, output_tokens: 2 });
  const usage = decodeUsage({
    input_tokens: 5,
    output_tokens: 3,
    iterations: [iteration("compaction", 100), iteration("message", 5), iteration("advisor_message", 900)],
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
  });
  assert.deepEqual(buckets(usage), [105, 0, 0, 0, 5, 0]);
  assert.deepEqual(usage.hostedToolCalls, { web_search_requests: 2 });
});

test("what is read is written back the same", () => {
  const raw = {
    input_tokens: 3,
    cache_read_input_tokens: 4,
    cache_creation_input_tokens: 11,
    cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 6 },
    output_tokens: 9,
    output_tokens_details: { thinking_tokens: 7 },
    server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
    service_tier: "standard",
    inference_geo: null,
  };
  assert.deepEqual(encodeUsage(decodeUsage(raw), "standard"), raw);
  const delta = encodeDeltaUsage(decodeUsage(raw));
  assert(isObject(delta) && delta["output_tokens"] === 9 && delta["input_tokens"] === 3);
});
