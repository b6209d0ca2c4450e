import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type Anthropic from "@anthropic-ai/sdk";
import { type Content, GoogleGenAI } from "@google/genai";
import type OpenAI from "openai";
import { isObject } from "../../../src/canonical/json.ts";
import { weatherTool, weatherToolAnthropic } from "../material.ts";
import { type Stack, startStack } from "../stack.ts";
import { blocksOf, type Maker, startMaker } from "./maker.ts";

/* Pain #6 for callers that send back all they were given, on wires that had no place for the half of it. */

const { description, parameters } = weatherTool.function;
const question = "Weather in Oslo and Rome?";

describe("#6: callers on other wires than the maker's", () => {
  let stack: Stack;
  let maker: Maker;
  before(async () => {
    maker = await startMaker();
    stack = await startStack({ upstream: maker.url, yaml: `  gem: { wire: gemini, base_url: ${maker.url}, api_key: none }\n` });
  });
  after(async () => {
    await stack.close();
    await maker.close();
  });

  const signatures = (): readonly unknown[] => {
    const { contents } = maker.asked.at(-1) ?? {};
    const parts = Array.isArray(contents) ? contents.flatMap((content) => (isObject(content) ? content["parts"] : [])) : [];
    return parts.flatMap((part) => (isObject(part) && part["functionCall"] !== undefined ? [part["thoughtSignature"]] : []));
  };
  const anthropicBlocks = (): unknown => {
    const { messages } = maker.asked.at(-1) ?? {};
    const found = Array.isArray(messages) ? messages.find((message) => isObject(message) && message["role"] === "assistant") : {};
    return isObject(found) ? found["content"] : undefined;
  };

  /** The maker's blocks, the tool's id as the caller's wire had it. */
  const blocks = (): string => JSON.stringify(blocksOf(maker.asked.length - 1));

  for (const streaming of [false, true]) {
    const how = streaming ? "streamed" : "whole";

    test(`Anthropic's SDK in front of Gemini (${how})`, async () => {
      const client: Anthropic = stack.anthropic;
      const ask = (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
        const body = { model: "gem/gemini-3-x", max_tokens: 99, messages, tools: [weatherToolAnthropic] };
        return streaming ? client.messages.stream(body).finalMessage() : client.messages.create(body);
      };
      const user = { role: "user" as const, content: question };
      const { content } = await ask([user]);
      const results = content.flatMap((block) =>
        block.type === "tool_use" ? [{ type: "tool_result" as const, tool_use_id: block.id, content: "cold" }] : [],
      );
      await ask([user, { role: "assistant", content }, { role: "user", content: results }]);
      assert.deepEqual(signatures(), ["Z2VtaW5p+/==", undefined]);
    });

    test(`OpenAI's Responses in front of Anthropic and Gemini (${how})`, async () => {
      const client: OpenAI = stack.openai;
      for (const model of ["ant/claude-x", "gem/gemini-3-x"]) {
        const ask = (input: OpenAI.Responses.ResponseInput): Promise<OpenAI.Responses.Response> => {
          const tool = { type: "function" as const, name: "get_weather", description, parameters, strict: false };
          const body = { model, input, tools: [tool], store: false };
          return streaming ? client.responses.stream(body).finalResponse() : client.responses.create(body);
        };
        const user = { role: "user" as const, content: question };
        const { output } = await ask([user]);
        const results = output.flatMap((item) =>
          item.type === "function_call" ? [{ type: "function_call_output" as const, call_id: item.call_id, output: "cold" }] : [],
        );
        const echoed: OpenAI.Responses.ResponseInput = JSON.parse(JSON.stringify([user, ...output, ...results]));
        await ask(echoed);
        if (model.startsWith("gem")) assert.deepEqual(signatures(), ["Z2VtaW5p+/==", undefined]);
        else assert.equal(JSON.stringify(anthropicBlocks()), blocks());
      }
    });

    test(`Google's SDK in front of Anthropic (${how})`, async () => {
      const client = new GoogleGenAI({ apiKey: stack.key, httpOptions: { baseUrl: stack.address } });
      const ask = async (contents: Content[]): Promise<Content> => {
        const functionDeclarations = [{ name: "get_weather", description, parametersJsonSchema: parameters }];
        const body = { model: "ant/claude-x", contents, config: { tools: [{ functionDeclarations }] } };
        if (!streaming) return (await client.models.generateContent(body)).candidates?.[0]?.content ?? {};
        const parts = [];
        for await (const chunk of await client.models.generateContentStream(body))
          parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
        return { role: "model", parts };
      };
      const user = { role: "user", parts: [{ text: question }] };
      const answer = await ask([user]);
      const results = (answer.parts ?? []).flatMap(({ functionCall: { id = "", name = "" } = {} }) =>
        name === "" ? [] : [{ functionResponse: { id, name, response: { output: "cold" } } }],
      );
      await ask([user, answer, { role: "user", parts: results }]);
      assert.equal(JSON.stringify(anthropicBlocks()), blocks());
    });
  }
});
