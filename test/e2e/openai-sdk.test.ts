import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { pixel, weatherTool } from "./material.ts";
import { type Stack, startStack } from "./stack.ts";

/* The official OpenAI SDK against the gateway, in front of a provider that speaks its own wire and of one that does not. */

for (const provider of ["oai", "ant"]) {
  describe(`openai SDK in front of ${provider}`, () => {
    let stack: Stack;
    let client: OpenAI;
    before(async () => {
      stack = await startStack();
      client = stack.openai;
    });
    after(() => stack.close());

    test("text", async () => {
      const answer = await client.chat.completions.create({
        model: `${provider}/echo`,
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Grüße, 世界 👋" },
        ],
      });
      assert.equal(answer.object, "chat.completion");
      assert.equal(answer.choices[0]?.message.content, "Grüße, 世界 👋");
      assert.equal(answer.choices[0]?.finish_reason, "stop");
      assert.match(answer._request_id ?? "none", /^(req|call)_/);
      assert.ok(answer.usage);
      assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    });

    test("stream without and with usage", async () => {
      for (const include of [false, true]) {
        const stream = await client.chat.completions.create({
          model: `${provider}/words:50`,
          messages: [{ role: "user", content: "go" }],
          stream: true,
          ...(include && { stream_options: { include_usage: true } }),
        });
        let text = "";
        let finish: string | null = null;
        let usages = 0;
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? "";
          finish = chunk.choices[0]?.finish_reason ?? finish;
          if (chunk.usage) {
            usages++;
            assert.deepEqual(chunk.choices, []);
            assert.equal(chunk.usage.completion_tokens, 50);
          }
        }
        assert.equal(text.split(/\s+/).filter(Boolean).length, 50);
        assert.equal(finish, "stop");
        assert.equal(usages, include ? 1 : 0);
      }
    });

    for (const streaming of [false, true]) {
      test(`two tool turns${streaming ? ", streamed" : ""}`, async () => {
        const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Weather in Oslo?" }];
        const ask = async () => {
          const body = { model: `${provider}/echo`, messages, tools: [weatherTool] };
          const answer = streaming
            ? await client.chat.completions.stream(body).finalChatCompletion()
            : await client.chat.completions.create(body);
          const [choice] = answer.choices;
          assert.ok(choice);
          return choice;
        };
        const first = await ask();
        assert.equal(first.finish_reason, "tool_calls");
        const [call] = first.message.tool_calls ?? [];
        assert.equal(call?.type, "function");
        assert.equal(call.function.name, "get_weather");
        assert.equal(typeof JSON.parse(call.function.arguments).city, "string");
        messages.push(first.message, { role: "tool", tool_call_id: call.id, content: "minus four degrees" });
        const second = await ask();
        assert.equal(second.finish_reason, "stop");
        assert.match(second.message.content ?? "", /minus four degrees/);
      });

      test(`parallel tools${streaming ? ", streamed" : ""}`, async () => {
        const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Weather in Oslo and Rome?" }];
        const body = () => ({ model: `${provider}/parallel`, messages, tools: [weatherTool] });
        const answer = streaming
          ? await client.chat.completions.stream(body()).finalChatCompletion()
          : await client.chat.completions.create(body());
        const message = answer.choices[0]?.message;
        assert.ok(message);
        const calls = message.tool_calls ?? [];
        assert.equal(calls.length, 2);
        assert.notEqual(calls[0]?.id, calls[1]?.id);
        for (const call of calls) assert.doesNotThrow(() => call.type === "function" && JSON.parse(call.function.arguments));
        messages.push(message);
        // In the other order than they were called: legal on this wire.
        for (const call of [...calls].reverse())
          messages.push({ role: "tool", tool_call_id: call.id, content: `for ${call.id}` });
        const next = await client.chat.completions.create(body());
        for (const call of calls) assert.match(next.choices[0]?.message.content ?? "", new RegExp(`for ${call.id}`));
      });
    }

    test("image in", async () => {
      const answer = await client.chat.completions.create({
        model: `${provider}/echo`,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "what is this" },
              { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } },
            ],
          },
        ],
      });
      assert.match(answer.choices[0]?.message.content ?? "", /image\/png/);
      assert.match(answer.choices[0]?.message.content ?? "", new RegExp(String(Buffer.from(pixel, "base64").length)));
    });

    test("structured output", async () => {
      const answer = await client.chat.completions.create({
        model: `${provider}/echo`,
        messages: [{ role: "user", content: "a person" }],
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "person",
            strict: true,
            schema: {
              type: "object",
              properties: { name: { type: "string" }, age: { type: "integer" } },
              required: ["name", "age"],
              additionalProperties: false,
            },
          },
        },
      });
      const parsed = JSON.parse(answer.choices[0]?.message.content ?? "");
      assert.equal(typeof parsed.name, "string");
      assert.ok(Number.isInteger(parsed.age));
    });

    test("thinking", async () => {
      const answer = await client.chat.completions.create({
        model: `${provider}/reasoner`,
        reasoning_effort: "high",
        messages: [{ role: "user", content: "why" }],
      });
      const message = answer.choices[0]?.message;
      assert.ok(message && "reasoning_content" in message);
      assert.equal(typeof message.reasoning_content, "string");
      assert.notEqual(message.reasoning_content, "");
    });

    test("errors", async () => {
      const ask = (model: string, from: OpenAI = client) =>
        from.chat.completions.create({ model, messages: [{ role: "user", content: "hi" }] });
      await assert.rejects(ask(`${provider}/fault:429`), (error: unknown) => {
        assert.ok(error instanceof OpenAI.RateLimitError);
        assert.ok(error.headers.get("retry-after"));
        assert.match(error.message, /call_/);
        return true;
      });
      // Whose credential it was, the sentence says; the status keeps clients from trying again.
      await assert.rejects(ask(`${provider}/fault:401`), (error: unknown) => {
        assert.ok(error instanceof OpenAI.AuthenticationError);
        assert.match(error.message, /the gateway's (own )?credential/);
        return true;
      });
      await assert.rejects(ask("nowhere/echo"), OpenAI.NotFoundError);
      const stranger = new OpenAI({ baseURL: `${stack.address}/v1`, apiKey: "wrong", maxRetries: 0 });
      await assert.rejects(ask(`${provider}/echo`, stranger), OpenAI.AuthenticationError);
    });

    test("abort in the middle of a stream", async () => {
      const stream = await client.chat.completions.create({
        model: `${provider}/echo-slow`,
        messages: [{ role: "user", content: "one two three four five six seven eight nine ten ".repeat(20) }],
        stream: true,
      });
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta.content) break;
      }
      stream.controller.abort();
      await stack.simulator.journal.waitFor((entry) => entry.model === "echo-slow" && entry.outcome === "aborted");
      const rows = await stack.ledger();
      assert.equal(rows.at(-1)?.terminal, "cancelled");
    });
  });
}
