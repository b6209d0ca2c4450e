import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

test("a slip, a swap and other capitals are found; more is another word", () => {
  const known = ["oai", "openai", "anthropic", "groq"];
  assert.deepEqual(nearest("oia", known), ["oai"]);
  assert.deepEqual(nearest("OAI", known), ["oai"]);
  assert.deepEqual(nearest("opnai", known), ["openai", "oai"]);
  assert.deepEqual(nearest("antrhopic", known), ["anthropic"]);
  assert.deepEqual(nearest("groqq", known), ["groq"]);
  assert.deepEqual(nearest("azure", known), []);
  assert.deepEqual(nearest("", known), []);
});

test("the nearest comes first, and endless names cost nothing", () => {
  assert.deepEqual(nearest("openai", ["openai2", "openai"]), ["openai", "openai2"]);
  assert.deepEqual(nearest("x".repeat(1e6), ["openai"]), []);
});
