import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import type { Json, JsonObject } from "../../../src/canonical/json.ts";
import { weatherTool } from "../material.ts";
import { type Stack, startStack } from "../stack.ts";
import { assistantOf, blocksOf, details, type Maker, startMaker } from "./maker.ts";

/* Pain #6: what only its maker can read survives callers that echo nothing but content and tool calls. */

type Messages = OpenAI.ChatCompletionMessageParam[];

const keys = `keys:
  - { id: dev, secret: secret-of-dev-0123456789 }
  - { id: ops, secret: secret-of-ops-0123456789 }
`;

describe("#6: a caller on OpenAI's wire that echoes content and tool calls alone", () => {
  let stack: Stack;
  let maker: Maker;
  let dev: OpenAI;
  let ops: OpenAI;
  before(async () => {
    maker = await startMaker();
    const more = `  deepseek: { base_url: ${maker.url}, api_key: none }
  ant2: { wire: anthropic-messages, base_url: ${maker.url}, api_key: none }
  oai2: { wire: openai-chat, base_url: ${maker.url}/v1, api_key: none }
  gem: { wire: gemini, base_url: ${maker.url}, api_key: none }
`;
    stack = await startStack({ upstream: maker.url, keys: false, yaml: more + keys });
    const client = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${stack.address}/v1`, apiKey, maxRetries: 0 });
    dev = client("secret-of-dev-0123456789");
    ops = client("secret-of-ops-0123456789");
  });
  after(async () => {
    await stack.close();
    await maker.close();
  });

  /** The first turn: asks, and gives the history with the tool's result as a stock client would send it next. */
  async function firstTurn(model: string, streaming: boolean, client = dev): Promise<Messages> {
    const messages: Messages = [{ role: "user", content: "Weather in Oslo?" }];
    const body = { model, messages, tools: [weatherTool] };
    const { choices } = streaming
      ? await client.chat.completions.stream(body).finalChatCompletion()
      : await client.chat.completions.create(body);
    const message = choices[0]?.message;
    assert.ok(message?.tool_calls);
    const tool_calls = message.tool_calls.map((call) => {
      assert.ok(call.type === "function");
      const { id, type, function: made } = call;
      return { id, type, function: { name: made.name, arguments: made.arguments } };
    });
    return [
      ...messages,
      { role: "assistant", content: message.content, tool_calls },
      ...tool_calls.map(({ id }) => ({ role: "tool" as const, tool_call_id: id, content: "minus four" })),
    ];
  }

  const secondTurn = (model: string, messages: Messages, client = dev) =>
    client.chat.completions.create({ model, messages, tools: [weatherTool] }).withResponse();

  for (const streaming of [false, true]) {
    const how = streaming ? "streamed" : "whole";

    test(`all four blocks go back to their maker, byte by byte (${how})`, async () => {
      const { response } = await secondTurn("ant/claude-x", await firstTurn("ant/claude-x", streaming));
      assert.equal(JSON.stringify(assistantOf(maker.asked.at(-1))["content"]), JSON.stringify(blocksOf(maker.asked.length - 1)));
      assert.match(response.headers.get("x-polygate-warnings") ?? "", /parts_put_back at=messages\[1\]/);
    });

    test(`another owner has nothing put back (${how})`, async () => {
      const history = await firstTurn("ant/claude-x", streaming);
      await secondTurn("ant/claude-x", history, ops);
      assert.deepEqual(assistantOf(maker.asked.at(-1))["content"], [blocksOf(maker.asked.length - 1)[3]]);
    });

    test(`another provider gets none of it, and the caller is told (${how})`, async () => {
      const history = await firstTurn("ant/claude-x", streaming);
      const { response } = await secondTurn("oai/plain", history);
      assert.doesNotMatch(JSON.stringify(maker.asked.at(-1)), /c2ln|cmVk/);
      assert.match(response.headers.get("x-polygate-warnings") ?? "", /reasoning_dropped/);
      const [row] = (await stack.ledger()).slice(-1);
      assert.match(row?.warnings ?? "", /"code":"reasoning_dropped","at":"messages\[1\]\.content\[0\]"/);
    });

    test(`another provider on the maker's own wire gets none of it either (${how})`, async () => {
      for (const [from, to] of [
        ["ant/claude-x", "ant2/claude-x"],
        ["oai/details", "oai2/details"],
        ["oai/google", "oai2/google"],
      ] as const) {
        const { response } = await secondTurn(to, await firstTurn(from, streaming));
        assert.doesNotMatch(JSON.stringify(maker.asked.at(-1)), /c2ln|cmVk|ZW5j|Z29v/, from);
        assert.match(response.headers.get("x-polygate-warnings") ?? "", /reasoning_(?:foreign|dropped)|seal_dropped/, from);
      }
    });

    test(`reasoning details of a relayed answer (${how})`, async () => {
      await secondTurn("oai/details", await firstTurn("oai/details", streaming));
      assert.equal((await stack.ledger()).at(-1)?.relayed, 1n);
      const again = assistantOf(maker.asked.at(-1));
      assert.deepEqual(again["reasoning_details"], details);
      assert.equal(again["reasoning"], undefined);
      const { response } = await secondTurn("ant/claude-x", await firstTurn("oai/details", streaming));
      assert.doesNotMatch(JSON.stringify(maker.asked.at(-1)), /c2ln|ZW5j/);
      assert.match(response.headers.get("x-polygate-warnings") ?? "", /reasoning_dropped/);
    });

    test(`the thought signature of Google's calls on OpenAI's wire (${how})`, async () => {
      await secondTurn("oai/google", await firstTurn("oai/google", streaming));
      const again = assistantOf(maker.asked.at(-1));
      assert.equal(again["content"], "A moment.");
      assert.match(JSON.stringify(again), /"extra_content":\{"google":\{"thought_signature":"Z29vZ2xl\+\/=="\}\}/);
      const { response } = await secondTurn("ant/claude-x", await firstTurn("oai/google", streaming));
      assert.doesNotMatch(JSON.stringify(maker.asked.at(-1)), /Z29v/);
      assert.match(response.headers.get("x-polygate-warnings") ?? "", /seal_dropped/);
    });

    test(`the thought signature of Gemini's call, on that call (${how})`, async () => {
      const history = await firstTurn("gem/gemini-3-x", streaming);
      await secondTurn("gem/gemini-3-x", history);
      const { contents } = maker.asked.at(-1) ?? {};
      assert.ok(Array.isArray(contents));
      const signatures = contents[1].parts.map((part: JsonObject) => [
        part["functionCall"] !== undefined,
        part["thoughtSignature"],
      ]);
      assert.deepEqual(
        signatures.filter(([call]: readonly Json[]) => call),
        [
          [true, "Z2VtaW5p+/=="],
          [true, undefined],
        ],
      );
      await secondTurn("gem/gemini-3-x", history, ops);
      assert.doesNotMatch(JSON.stringify(maker.asked.at(-1)), /Z2Vt/);
      const { response } = await secondTurn("ant/claude-x", history);
      assert.doesNotMatch(JSON.stringify(maker.asked.at(-1)), /Z2Vt/);
      assert.match(response.headers.get("x-polygate-warnings") ?? "", /seal_dropped/);
    });

    test(`unsigned reasoning that its maker demands (${how})`, async () => {
      await secondTurn("deepseek/thinker", await firstTurn("deepseek/thinker", streaming));
      assert.equal(assistantOf(maker.asked.at(-1))["reasoning_content"], "Oslo lies in the north.");
      await secondTurn("oai/thinker", await firstTurn("oai/thinker", streaming));
      assert.equal(assistantOf(maker.asked.at(-1))["reasoning_content"], undefined);
    });

    test(`a plain conversation is relayed as it was sent (${how})`, async () => {
      const history = await firstTurn("oai/plain", streaming);
      await secondTurn("oai/plain", history);
      assert.deepEqual(maker.asked.at(-1)?.["messages"], history);
      const rows = await stack.ledger();
      assert.deepEqual(
        rows.slice(-2).map(({ relayed, warnings }) => [relayed, warnings]),
        [
          [1n, null],
          [1n, null],
        ],
      );
    });
  }
});
