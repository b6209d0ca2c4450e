import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { chat, incoming, round } from "./testing/setting.ts";

const hi: readonly JsonObject[] = [{ role: "user", content: "hi" }];

describe("forms that come out as they came in", () => {
  const forms: { readonly [what: string]: JsonObject } = {
    "explicit nulls": { stop: null, temperature: null, tools: null, metadata: null, response_format: null, stream: null },
    "both limits": { max_tokens: 5, max_completion_tokens: 7 },
    "stop as text": { stop: "END" },
    "stop as list": { stop: ["END"] },
    "legacy functions": { functions: [{ name: "f", parameters: {} }], function_call: { name: "f" } },
    "functions and tools": { functions: [{ name: "f" }], tools: [{ type: "function", function: { name: "g", strict: null } }] },
    "both choices": { tool_choice: "required", function_call: "auto" },
    any: { tool_choice: "any" },
    "custom tool": {
      tools: [{ type: "custom", custom: { name: "c", format: { type: "text" }, x: 1 } }],
      tool_choice: { type: "custom", custom: { name: "c" } },
    },
    "allowed tools": {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
      },
    },
    "unknown choice": { tool_choice: { type: "web_search" } },
    "hosted tool": { tools: [{ type: "openrouter:web_search", parameters: { max_uses: 1 } }] },
    "schema without schema": { response_format: { type: "json_schema", json_schema: { name: "n", strict: null } } },
    "together's schema": { response_format: { type: "json_object", schema: { type: "object" } } },
    "unknown format": { response_format: { type: "grammar", grammar: "x" } },
    "router's reasoning": { reasoning: { effort: "high", exclude: true } },
    "reasoning twice": { reasoning_effort: "low", reasoning: { max_tokens: 5 } },
    thinking: { thinking: { type: "enabled", clear_thinking: false }, reasoning_effort: "max" },
    "empty thinking": { thinking: {} },
    "borrowed fields": { top_k: 3, random_seed: 4, cache_control: { type: "ephemeral", ttl: "1h" } },
    "unnamed fields": { provider: { order: ["a"] }, grammar: "g", extra_body: { x: null }, top_a: null },
    "stream options unstreamed": { stream: false, stream_options: { include_usage: false, include_obfuscation: true } },
    "unnamed stream option": { stream: true, stream_options: { include_usage: true, x: 1 } },
    "everything named": {
      ...{ frequency_penalty: 0, presence_penalty: 0.5, seed: 1, n: 2, logprobs: true, top_logprobs: 2, logit_bias: { "1": 2 } },
      ...{ user: "u", safety_identifier: "s", metadata: { a: "b" }, service_tier: "flex", verbosity: "low", store: true },
      ...{
        modalities: ["text", "audio"],
        audio: { voice: "alloy", format: "wav" },
        prediction: { type: "content", content: "x" },
      },
      ...{ web_search_options: {}, moderation: { model: "m" }, prompt_cache_key: "k", prompt_cache_retention: "24h" },
      ...{ prompt_cache_options: { mode: "explicit" }, parallel_tool_calls: false, reasoning_effort: "none", top_p: 1 },
    },
  };
  for (const [what, fields] of Object.entries(forms)) {
    it(what, () => {
      const body: JsonObject = { model: "gpt-5", messages: hi, ...fields };
      const { body: sent, codes } = round(body);
      assert.deepEqual(sent, body);
      assert.deepEqual(codes, []);
    });
  }
});

describe("messages that come out as they came in", () => {
  const conversations: { readonly [what: string]: readonly JsonObject[] } = {
    "kinds of content": [
      { role: "developer", content: [{ type: "text", text: "d", prompt_cache_breakpoint: { mode: "explicit" } }] },
      { role: "system", content: [{ type: "text", text: "s", cache_control: { type: "ephemeral", ttl: "1h" } }], name: "n" },
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "low", x: 1 }, y: 2 },
          { type: "image_url", image_url: "https://x.test/a.png" },
          { type: "input_audio", input_audio: { data: "AA", format: "mp3" } },
          { type: "input_audio", input_audio: "AA" },
          { type: "input_audio", input_audio: "data:audio/wav;base64,AA" },
          { type: "file", file: { file_id: "file-1" } },
          { type: "file", file: { file_data: "data:application/pdf;base64,AA", filename: "a.pdf", file_id: "file-2" } },
          { type: "file", file: { file_data: "JVBE" } },
          { type: "file", file: { file_data: "https://x.test/a.pdf", filename: "a.pdf" } },
          { type: "document_url", document_url: "https://x.test/a.pdf", document_name: "a" },
          { type: "video_url", video_url: { url: "https://x.test/a.mp4" } },
          { type: "brand_new", value: 1 },
        ],
      },
    ],
    "assistant forms": [
      { role: "user", content: "go", images: ["AA"] },
      { role: "assistant", content: "x", refusal: null, audio: null, tool_calls: [], function_call: null, annotations: [] },
      { role: "assistant", refusal: "no" },
      { role: "assistant", audio: { id: "audio_1" } },
      {
        role: "assistant",
        content: [
          { type: "text", text: "a" },
          { type: "refusal", refusal: "b" },
        ],
        prefix: true,
      },
      { role: "assistant", content: [] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "t" }] },
          { type: "text", text: "a" },
        ],
      },
      {
        role: "assistant",
        content: [
          {
            type: "thinking",
            thinking: [
              { type: "text", text: "t" },
              { type: "text", text: "u" },
            ],
          },
        ],
      },
    ],
    "reasoning fields": [
      { role: "user", content: "go" },
      { role: "assistant", content: "x", reasoning_content: "r" },
      { role: "assistant", content: "x", reasoning: "r", reasoning_content: "r" },
      { role: "assistant", content: "x", reasoning: "", reasoning_signature: ["s"] },
      {
        role: "assistant",
        content: null,
        reasoning: "r",
        reasoning_details: [
          { type: "reasoning.text", text: "r", signature: "sig==", format: null, index: 0 },
          { type: "reasoning.encrypted", data: "gA==" },
        ],
      },
    ],
    "calls and results": [
      { role: "user", content: "go" },
      {
        role: "assistant",
        tool_calls: [
          { id: "a", type: "function", function: { name: "f", arguments: "{}", parsed_arguments: null }, index: 0 },
          { id: "b", function: { name: "f", arguments: '{"x": 1.0}' }, cache_control: { type: "ephemeral" } },
          { id: "c", type: "custom", custom: { name: "g", input: "free" } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "one", name: "f" },
      { role: "tool", tool_call_id: "b", content: [{ type: "text", text: "two" }], cache_control: { type: "ephemeral" } },
      { role: "tool", tool_call_id: "c", content: [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }] },
      { role: "assistant", content: "done", cache_control: { type: "ephemeral" } },
    ],
    "legacy calls": [
      { role: "user", content: "go" },
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: "r" },
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: null },
    ],
  };
  for (const [what, messages] of Object.entries(conversations)) {
    it(what, () => {
      const { body, codes } = round({ model: "m", messages });
      assert.deepEqual(body["messages"], messages);
      assert.deepEqual(codes, []);
    });
  }
});

describe("what is meant", () => {
  const read = (body: JsonObject) => chat.decodeRequest(incoming({ model: "m", messages: hi, ...body })).request();

  it("cache marks of parts and of messages are marks of parts", () => {
    const marked = { cache_control: { type: "ephemeral", ttl: "1h" } };
    const { messages } = read({
      messages: [
        { role: "system", content: "s", ...marked },
        { role: "user", content: [{ type: "text", text: "u", ...marked }] },
        { role: "user", content: [{ type: "text", text: "v", prompt_cache_breakpoint: { mode: "explicit" } }] },
      ],
    });
    assert.deepEqual(
      messages.map((message) => [message.content[0]?.cache, message.extra]),
      [
        [{ ttl: "1h" }, undefined],
        [{ ttl: "1h" }, undefined],
        [{}, undefined],
      ],
    );
  });

  it("reasoning is reasoning in every spelling", () => {
    assert.equal(read({ reasoning_effort: "low" }).reasoning?.effort, "low");
    assert.equal(read({ reasoning: { max_tokens: 9 } }).reasoning?.budgetTokens, 9);
    assert.equal(read({ thinking: { type: "disabled" } }).reasoning?.mode, "disabled");
    const { messages } = read({ messages: [...hi, { role: "assistant", content: "x", reasoning_content: "r" }] });
    assert.deepEqual(
      messages[1]?.content.map((part) => part.type),
      ["reasoning", "text"],
    );
  });

  it("limits, stops, tools and results have their canonical places", () => {
    const request = read({
      ...{ max_tokens: 5, stop: "END", top_k: 3, functions: [{ name: "f" }], function_call: { name: "f" } },
      messages: [
        ...hi,
        { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
        { role: "function", name: "f", content: "r" },
      ],
    });
    assert.deepEqual([request.maxOutputTokens, request.stop, request.topK], [5, ["END"], 3]);
    assert.deepEqual(request.toolChoice, { type: "tool", name: "f" });
    const [call] = request.messages[1]?.content ?? [];
    const [result] = request.messages[2]?.content ?? [];
    assert.ok(call?.type === "tool-call" && result?.type === "tool-result" && result.toolCallId === call.id);
  });
});

describe("what a caller must mend", () => {
  const faults: readonly (readonly [param: string, body: JsonObject])[] = [
    ["model", { messages: hi }],
    ["model", { model: "", messages: hi }],
    ["stream", { model: "m", messages: hi, stream: "yes" }],
    ["messages", { model: "m" }],
    ["messages", { model: "m", messages: [] }],
    ["messages[0]", { model: "m", messages: ["hi"] }],
    ["messages[0].role", { model: "m", messages: [{ role: "robot", content: "x" }] }],
    ["messages[0].content", { model: "m", messages: [{ role: "user", content: 5 }] }],
    ["messages[0].content[0].text", { model: "m", messages: [{ role: "user", content: [{ type: "text" }] }] }],
    ["messages[0].content[0].file", { model: "m", messages: [{ role: "user", content: [{ type: "file", file: {} }] }] }],
    ["messages[0].tool_calls[0].id", { model: "m", messages: [{ role: "assistant", tool_calls: [{ type: "function" }] }] }],
    ["temperature", { model: "m", messages: hi, temperature: "hot" }],
    ["stop", { model: "m", messages: hi, stop: [1] }],
    ["tools[0].function.name", { model: "m", messages: hi, tools: [{ type: "function", function: {} }] }],
    ["tool_choice", { model: "m", messages: hi, tool_choice: "sometimes" }],
    ["response_format.type", { model: "m", messages: hi, response_format: {} }],
  ];
  for (const [param, body] of faults) {
    it(`${param} of ${JSON.stringify(body).slice(0, 90)}`, () => {
      assert.throws(
        () => chat.decodeRequest(incoming(body)).request(),
        (thrown) => thrown instanceof GatewayError && thrown.code === "invalid_request" && thrown.param === param,
      );
    });
  }

  it("takes Azure's model out of the path", () => {
    const path = "/openai/deployments/gpt-4o/chat/completions";
    assert.equal(chat.decodeRequest(incoming({ messages: hi }, path)).model, "gpt-4o");
  });
});
