import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../canonical/json.ts";
import { inputTokens, outputTokens } from "../../canonical/usage.ts";
import { decodeUsage, encodeUsage } from "./usage.ts";

type Buckets = readonly [uncached: number, read: number, write5m: number, write1h: number, visible: number, reasoning: number];

/** What providers of this wire really send, and what it means. */
const golden: readonly (readonly [what: string, raw: JsonObject, buckets: Buckets, anomaly?: RegExp])[] = [
  [
    "openai, cached inside",
    { prompt_tokens: 2006, completion_tokens: 300, total_tokens: 2306, prompt_tokens_details: { cached_tokens: 1920 } },
    [86, 1920, 0, 0, 300, 0],
  ],
  [
    "openai, cache written",
    {
      ...{ prompt_tokens: 1220, completion_tokens: 100, total_tokens: 1320 },
      ...{
        prompt_tokens_details: { cache_write_tokens: 1217, cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 100 },
      },
    },
    [3, 0, 1217, 0, 0, 100],
  ],
  [
    "xai, reasoning outside",
    {
      ...{ prompt_tokens: 12, completion_tokens: 1, total_tokens: 303 },
      ...{ prompt_tokens_details: { cached_tokens: 11 }, completion_tokens_details: { reasoning_tokens: 290 } },
    },
    [1, 11, 0, 0, 1, 290],
  ],
  [
    "deepseek",
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
    [6, 4, 0, 0, 5, 0],
  ],
  [
    "gemini, thoughts in the total only",
    { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
    [35, 0, 0, 0, 12, 62],
    /exceeds .* by 62/,
  ],
  [
    "mistral, audio outside",
    {
      ...{ prompt_tokens: 11, completion_tokens: 15, total_tokens: 401 },
      ...{ prompt_tokens_details: { audio_tokens: 375, cached_tokens: 9 } },
    },
    [377, 9, 0, 0, 15, 0],
  ],
  [
    "more cached than asked",
    { prompt_tokens: 7, completion_tokens: 1, total_tokens: 8, prompt_tokens_details: { cached_tokens: 163 } },
    [0, 7, 0, 0, 1, 0],
    /163 cached/,
  ],
  [
    "anthropic's counts in this wire's names",
    { prompt_tokens: 56322, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 72960 } },
    [0, 56322, 0, 0, 0, 0],
    /72960 cached/,
  ],
  [
    "more reasoned than said",
    { prompt_tokens: 16, completion_tokens: 128, total_tokens: 144, completion_tokens_details: { reasoning_tokens: 132 } },
    [16, 0, 0, 0, 0, 128],
    /132 reasoning/,
  ],
  ["zeros are explicit", { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, [0, 0, 0, 0, 0, 0]],
  ["counts not yet known", { prompt_tokens: 193, completion_tokens: null, total_tokens: null }, [193, 0, 0, 0, 0, 0]],
  ["a total too small", { prompt_tokens: 5, completion_tokens: 5, total_tokens: 3 }, [5, 0, 0, 0, 5, 0], /less/],
  ["nonsense", { prompt_tokens: -5, completion_tokens: 2.5, total_tokens: 9 }, [0, 0, 0, 0, 0, 0]],
];

describe("decodeUsage", () => {
  for (const [what, raw, buckets, anomaly] of golden) {
    it(what, () => {
      const usage = decodeUsage(raw);
      assert.ok(usage);
      const { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputVisible, outputReasoning } = usage;
      assert.deepEqual([inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputVisible, outputReasoning], buckets);
      assert.match(usage.anomaly ?? "", anomaly ?? /^$/);
      assert.equal(usage.raw, raw);
    });
  }

  it("finds nothing in an empty object", () => assert.equal(decodeUsage({}), undefined));

  it("never counts below zero, nor a total that is proved wrong", () => {
    const tokens = fc.option(fc.nat({ max: 1000 }), { nil: null });
    fc.assert(
      fc.property(tokens, tokens, tokens, tokens, tokens, tokens, (prompt, completion, total, cached, written, reasoned) => {
        const usage = decodeUsage({
          prompt_tokens: prompt,
          completion_tokens: completion,
          total_tokens: total,
          prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
          completion_tokens_details: { reasoning_tokens: reasoned },
        });
        if (usage === undefined) return;
        const { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputVisible, outputReasoning } = usage;
        for (const bucket of [inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputVisible, outputReasoning]) {
          assert.ok(bucket >= 0);
        }
        if (usage.anomaly === undefined && total !== null && prompt !== null && completion !== null) {
          assert.equal(inputTokens(usage) + outputTokens(usage), total);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("encodeUsage", () => {
  it("tells callers sums that a decoder of this wire reads back to the same buckets", () => {
    const usage = {
      inputUncached: 3,
      cacheRead: 4,
      cacheWrite5m: 5,
      cacheWrite1h: 0,
      outputVisible: 6,
      outputReasoning: 7,
      raw: {},
    };
    const told = encodeUsage(usage);
    assert.deepEqual([told["prompt_tokens"], told["completion_tokens"], told["total_tokens"]], [12, 13, 25]);
    const { raw: _, ...read } = decodeUsage(told) ?? { raw: null };
    const { raw: __, ...given } = usage;
    assert.deepEqual(JSON.parse(JSON.stringify(read)), { ...given, reportedTotal: 25 });
  });
});
