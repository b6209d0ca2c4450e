import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { pixel, weatherToolAnthropic } from "./material.ts";
import { type Stack, startStack } from "./stack.ts";

/* The official Anthropic SDK against the gateway, in front of a provider that speaks its own wire and of one that does not. */

const textOf = (message: Anthropic.Message): string =>
  message.content.map((block) => (block.type === "text" ? block.text : "")).join("");

const toolsOf = (message: Anthropic.Message): Anthropic.ToolUseBlock[] =>
  message.content.filter((block) => block.type === "tool_use");

for (const provider of ["ant", "oai"]) {
  describe(`@anthropic-ai/sdk in front of ${provider}`, () => {
    let stack: Stack;
    let client: Anthropic;
    before(async () => {
      stack = await startStack();
      client = stack.anthropic;
    });
    after(() => stack.close());

    /** Asks whole or streamed; the SDK's own accumulator puts a stream together. */
    const ask = (body: Anthropic.MessageCreateParamsNonStreaming, streaming: boolean): Promise<Anthropic.Message> =>
      streaming ? client.messages.stream(body).finalMessage() : client.messages.create(body);

    test("the id of the request is where the SDK looks for it", async () => {
      const messages: Anthropic.MessageParam[] = [{ role: "user", content: "hi" }];
      const body = { model: `${provider}/echo`, max_tokens: 20, messages };
      assert.match((await client.messages.create(body))._request_id ?? "none", /^(req|call)_/);
      const streamed = await client.messages.stream(body).withResponse();
      assert.match(streamed.request_id ?? "none", /^(req|call)_/);
    });

    for (const streaming of [false, true]) {
      const how = streaming ? ", streamed" : "";

      test(`text${how}`, async () => {
        const message = await ask(
          {
            model: `${provider}/echo`,
            max_tokens: 200,
            system: "Be brief.",
            messages: [{ role: "user", content: "Grüße, 世界 👋" }],
          },
          streaming,
        );
        assert.equal(message.type, "message");
        assert.equal(message.role, "assistant");
        assert.equal(textOf(message), "Grüße, 世界 👋");
        assert.equal(message.stop_reason, "end_turn");
        assert.ok(message.usage.input_tokens > 0);
        assert.ok(message.usage.output_tokens > 0);
      });

      test(`cut at the limit${how}`, async () => {
        const message = await ask(
          { model: `${provider}/words:50`, max_tokens: 7, messages: [{ role: "user", content: "go" }] },
          streaming,
        );
        assert.equal(message.stop_reason, "max_tokens");
        assert.equal(message.usage.output_tokens, 7);
      });

      test(`two tool turns${how}`, async () => {
        const messages: Anthropic.MessageParam[] = [{ role: "user", content: "Weather in Oslo?" }];
        const body = () => ({ model: `${provider}/echo`, max_tokens: 500, messages, tools: [weatherToolAnthropic] });
        const first = await ask(body(), streaming);
        assert.equal(first.stop_reason, "tool_use");
        const [call] = toolsOf(first);
        assert.equal(call?.name, "get_weather");
        messages.push(
          { role: "assistant", content: first.content },
          { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "minus four degrees" }] },
        );
        const second = await ask(body(), streaming);
        assert.equal(second.stop_reason, "end_turn");
        assert.match(textOf(second), /minus four degrees/);
      });

      test(`parallel tools, an image in a result${how}`, async () => {
        const messages: Anthropic.MessageParam[] = [{ role: "user", content: "Weather in Oslo and Rome?" }];
        const body = () => ({ model: `${provider}/parallel`, max_tokens: 500, messages, tools: [weatherToolAnthropic] });
        const first = await ask(body(), streaming);
        const calls = toolsOf(first);
        assert.equal(calls.length, 2);
        messages.push(
          { role: "assistant", content: first.content },
          {
            role: "user",
            content: [
              ...calls.map(
                ({ id }, at): Anthropic.ToolResultBlockParam => ({
                  type: "tool_result",
                  tool_use_id: id,
                  content:
                    at === 0
                      ? [{ type: "image", source: { type: "base64", media_type: "image/png", data: pixel } }]
                      : `text for ${at}`,
                }),
              ),
              { type: "text", text: "and now?" },
            ],
          },
        );
        await ask(body(), streaming);
        const sent = JSON.stringify(stack.simulator.journal.entries.at(-1)?.body);
        assert.ok(
          sent.includes(`"${pixel}"`) || sent.includes(`"data:image/png;base64,${pixel}"`),
          "the image went along as an image",
        );
        assert.match(sent, /text for 1/);
        assert.match(sent, /and now\?/);
      });

      test(`thinking${how}`, async () => {
        const message = await ask(
          {
            model: `${provider}/reasoner`,
            max_tokens: 4000,
            thinking: { type: "enabled", budget_tokens: 2000 },
            messages: [{ role: "user", content: "why" }],
          },
          streaming,
        );
        const [first] = message.content;
        assert.equal(first?.type, "thinking");
        assert.notEqual(first.thinking, "");
        if (provider === "ant") assert.notEqual(first.signature, "");
        assert.notEqual(textOf(message), "");
      });
    }

    test("image in", async () => {
      const message = await ask(
        {
          model: `${provider}/echo`,
          max_tokens: 200,
          messages: [
            {
              role: "user",
              content: [
                { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
                { type: "text", text: "what is this" },
              ],
            },
          ],
        },
        false,
      );
      assert.match(textOf(message), /image\/png/);
    });

    test("structured output", async () => {
      const message = await ask(
        {
          model: `${provider}/echo`,
          max_tokens: 200,
          messages: [{ role: "user", content: "a person" }],
          output_config: {
            format: {
              type: "json_schema",
              schema: {
                type: "object",
                properties: { name: { type: "string" }, age: { type: "integer" } },
                required: ["name", "age"],
                additionalProperties: false,
              },
            },
          },
        },
        false,
      );
      const parsed = JSON.parse(textOf(message));
      assert.equal(typeof parsed.name, "string");
      assert.ok(Number.isInteger(parsed.age));
    });

    test("errors", async () => {
      const body = (model: string) => ({ model, max_tokens: 50, messages: [{ role: "user" as const, content: "hi" }] });
      await assert.rejects(client.messages.create(body(`${provider}/fault:429`)), (error: unknown) => {
        assert.ok(error instanceof Anthropic.RateLimitError);
        assert.match(error.message, /call_/);
        return true;
      });
      await assert.rejects(client.messages.create(body("nowhere/echo")), Anthropic.NotFoundError);
      const stranger = new Anthropic({ baseURL: stack.address, apiKey: "wrong", maxRetries: 0 });
      await assert.rejects(stranger.messages.create(body(`${provider}/echo`)), Anthropic.AuthenticationError);
    });

    test("abort in the middle of a stream", async () => {
      const stream = client.messages.stream({
        model: `${provider}/echo-slow`,
        max_tokens: 1000,
        messages: [{ role: "user", content: "one two three four five six seven eight nine ten ".repeat(20) }],
      });
      for await (const event of stream) {
        if (event.type === "content_block_delta") break;
      }
      stream.abort();
      await stack.simulator.journal.waitFor((entry) => entry.model === "echo-slow" && entry.outcome === "aborted");
      const rows = await stack.ledger();
      assert.equal(rows.at(-1)?.terminal, "cancelled");
    });
  });
}
