import assert from "node:assert/strict";
import { test } from "node:test";
import { outputLimit } from "./output-limits.ts";

test("the longest beginning counts, however the name is spelled", () => {
  for (const [model, tokens] of [
    ["claude-3-opus-20240229", 4096],
    ["claude-3-5-sonnet-20241022", 8192],
    ["claude-3.7-sonnet", 64_000],
    ["claude-opus-4-20250514", 32_000],
    ["claude-opus-4-1", 32_000],
    ["claude-opus-4-5-20251101", 64_000],
    ["anthropic/claude-opus-4.6", 128_000],
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", 64_000],
    ["claude-sonnet-5", 128_000],
  ] as const) {
    assert.equal(outputLimit(model), tokens, model);
  }
});

test("an unknown model has no limit that we know of", () => {
  assert.equal(outputLimit("gpt-4o"), undefined);
  assert.equal(outputLimit("claude-next"), undefined);
});
