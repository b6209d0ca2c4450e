import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { startSimulator } from "../../src/simulator/index.ts";
import { weatherToolAnthropic } from "./material.ts";
import { type Stack, startStack } from "./stack.ts";

/* The official Anthropic SDK's countTokens, in front of a provider that counts and of one that cannot. */

const prompt = (model: string): Anthropic.MessageCountTokensParams => ({
  model,
  system: "Be brief.",
  messages: [{ role: "user", content: "What is the weather in Oslo, and what ought I to wear there tomorrow?" }],
  tools: [weatherToolAnthropic],
});

describe("token counts", () => {
  let stack: Stack;
  let client: Anthropic;
  before(async () => {
    stack = await startStack();
    client = stack.anthropic;
  });
  after(() => stack.close());

  test("a provider that counts is asked, and agrees with what it bills", async () => {
    const { data, response } = await client.messages.countTokens(prompt("ant/echo")).withResponse();
    const { usage } = await client.messages.create({ ...prompt("ant/echo"), max_tokens: 9 });
    assert.equal(data.input_tokens, usage.input_tokens);
    assert.equal(response.headers.get("x-polygate-warnings"), "none");
    const rows = (await stack.ledger()).filter(({ operation }) => operation === "count-tokens");
    assert.equal(rows.length, 1);
    assert.equal(rows[0]?.input_uncached ?? null, null);
  });

  test("a provider on another wire that counts is asked in its own words", async () => {
    const simulator = await startSimulator();
    const mixed = await startStack({ yaml: `  gem: { wire: gemini, base_url: ${simulator.url}, api_key: any-key }` });
    try {
      const { data, response } = await mixed.anthropic.messages.countTokens(prompt("gem/echo")).withResponse();
      const { usage } = await mixed.anthropic.messages.create({ ...prompt("gem/echo"), max_tokens: 9 });
      assert.equal(data.input_tokens, usage.input_tokens);
      assert.doesNotMatch(response.headers.get("x-polygate-warnings") ?? "", /estimated/);
      assert.match(simulator.journal.entries[0]?.path ?? "", /:countTokens$/);
    } finally {
      await mixed.close();
      await simulator.close();
    }
  });

  test("where the provider cannot, the count is an estimate and said to be one", async () => {
    const { data, response } = await client.messages.countTokens(prompt("oai/gpt-5")).withResponse();
    assert(data.input_tokens > 40 && data.input_tokens < 250, String(data.input_tokens));
    assert.match(response.headers.get("x-polygate-warnings") ?? "", /token_count_estimated/);
    assert.equal(response.headers.get("x-polygate-provider"), "oai");
    const rows = (await stack.ledger()).filter(({ provider, operation }) => provider === "oai" && operation === "count-tokens");
    assert.deepEqual(rows, []);
  });

  test("errors keep their class", async () => {
    const messages: Anthropic.MessageParam[] = [];
    await assert.rejects(client.messages.countTokens({ model: "oai/gpt-5", messages }), Anthropic.BadRequestError);
    await assert.rejects(client.messages.countTokens(prompt("nobody/x")), Anthropic.NotFoundError);
  });
});
