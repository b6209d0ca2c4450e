import assert from "node:assert/strict";
import { test } from "node:test";
import { overflow, quotable } from "./upstream-error.ts";

test("a prompt that is too long is known in every provider's words", () => {
  for (const said of [
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "prompt is too long: 3333404 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 199000 + 9000 > 200000",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Please reduce the length of the messages or completion.",
  ]) {
    assert.match(said, overflow);
  }
  for (const said of ["Rate limit reached for tokens per minute", "max_tokens: Field required", "model not found"]) {
    assert.doesNotMatch(said, overflow);
  }
});

test("words are quoted, pages and secrets are not", () => {
  assert.equal(quotable(" slow down "), "slow down");
  assert.equal(quotable("your api_key=abcd1234efgh is wrong"), "your api_key=[secret] is wrong");
  for (const [said, plain] of [
    ["<html>", 400],
    ["stack at x", 500],
    ["a".repeat(301), 400],
    [" ", undefined],
  ] as const) {
    assert.equal(quotable(said, plain), undefined);
  }
  assert.equal(quotable("a".repeat(5000))?.length, 1001);
});
