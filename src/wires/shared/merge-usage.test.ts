import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeUsage } from "./merge-usage.ts";

test("the last explicit value wins, 0 being explicit and null not", () => {
  const first = { prompt_tokens: 9, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 1, audio_tokens: 2 } };
  const then = { prompt_tokens: null, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } };
  assert.deepEqual(mergeUsage(first, then), {
    prompt_tokens: 9,
    completion_tokens: 0,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 2 },
  });
});
