import assert from "node:assert/strict";
import { test } from "node:test";
import type { Source } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { JsonObject } from "../canonical/json.ts";
import { inCallersWords, refusedInCallersWords } from "./places.ts";

const source = (wire: string, json: JsonObject): Source => {
  return { wire, path: "/", query: "", headers: {}, body: new Uint8Array(), json, members: new Map() };
};

function assertPlaces(from: Source, places: { readonly [canonical: string]: string }): void {
  const warnings = Object.keys(places).map((at) => ({ kind: "dropped" as const, code: "x", at }));
  const told = inCallersWords(warnings, from).map(({ at }, index) => [warnings[index]?.at, at]);
  assert.deepEqual(Object.fromEntries(told), places);
}

test("Gemini callers: contents and their parts, tools within tools, the configuration, each as it was spelled", () => {
  const json = {
    system_instruction: { parts: [{ text: "s" }] },
    contents: [{ role: "user", parts: [{ text: "a" }, { fileData: {} }] }, { parts: { functionResponse: {} } }],
    tools: [
      { googleSearch: {} },
      {
        functionDeclarations: [
          { name: "f", parameters: {} },
          { name: "g", parametersJsonSchema: {} },
        ],
      },
    ],
    generationConfig: { stop_sequences: ["x"], responseSchema: {}, thinkingConfig: { thinkingBudget: 1 } },
  };
  assertPlaces(source("gemini", json), {
    "messages[0].content[0]": "system_instruction.parts[0]",
    "messages[1].content[1]": "contents[0].parts[1]",
    "messages[1].content[1].detail": "contents[0].parts[1].detail",
    "messages[2].content[0].content[1]": "contents[1].parts.functionResponse",
    "messages[2]": "contents[1]",
    messages: "contents",
    "tools[0]": "tools[0].googleSearch",
    "tools[1].parameters.properties.a": "tools[1].functionDeclarations[0].parameters.properties.a",
    "tools[2].parameters": "tools[1].functionDeclarations[1].parametersJsonSchema",
    "tools[2].responseJsonSchema": "tools[1].functionDeclarations[1].responseJsonSchema",
    stop: "generationConfig.stop_sequences",
    top_k: "generationConfig.topK",
    "response_format.schema.properties.a": "generationConfig.responseSchema.properties.a",
    "thinking.budget_tokens": "generationConfig.thinkingConfig.thinkingBudget",
    safetySettings: "safetySettings",
  });
  assertPlaces(source("gemini", { generateContentRequest: json }), {
    "messages[1].content[1]": "generateContentRequest.contents[0].parts[1]",
  });
});

test("Anthropic callers: the system text apart, blocks and what results hold", () => {
  const json = {
    system: "s",
    messages: [
      { role: "user", content: "a" },
      {
        role: "user",
        content: [{ type: "text" }, { type: "tool_result", content: [{ type: "image" }] }, { type: "tool_result", content: "x" }],
      },
    ],
    output_config: { effort: "low" },
  };
  assertPlaces(source("anthropic-messages", json), {
    "messages[0]": "system",
    "messages[0].content[0].cache_control": "system.cache_control",
    "messages[1].content[0]": "messages[0].content",
    "messages[2].content[0]": "messages[1].content[0]",
    "messages[2].content[1].content[0]": "messages[1].content[1].content[0]",
    "messages[2].content[2].content[0]": "messages[1].content[2].content",
    "tools[3].parameters": "tools[3].input_schema",
    stop: "stop_sequences",
    reasoning: "output_config.effort",
    "response_format.schema.properties.a": "output_config.format.schema.properties.a",
    "thinking.display": "thinking.display",
  });
  assertPlaces(source("anthropic-messages", { ...json, system: [{}, {}], thinking: {} }), {
    "messages[0].content[1]": "system[1]",
    reasoning: "thinking",
  });
});

test("Responses callers: items of the input, contents and outputs", () => {
  const json = {
    instructions: "s",
    input: [{ role: "user", content: [{}, {}] }, { type: "function_call" }, { type: "function_call_output", output: [{}] }],
  };
  assertPlaces(source("openai-responses", json), {
    "messages[0].content[0]": "instructions",
    "messages[1].content[1]": "input[0].content[1]",
    "messages[2].content[0]": "input[1]",
    "messages[3].content[0].content[0]": "input[2].output[0]",
    messages: "input",
    "response_format.schema.a": "text.format.schema.a",
    reasoning_effort: "reasoning.effort",
    "reasoning.context": "reasoning.context",
  });
  assertPlaces(source("openai-responses", { input: "hi" }), { "messages[0].content[0]": "input" });
});

test("chat callers: what stands beside the content", () => {
  const json = {
    messages: [
      { role: "assistant", reasoning_content: "r", content: "a", refusal: null, tool_calls: [{}, {}] },
      { role: "tool", content: "x" },
      { role: "user", content: [{}, {}] },
    ],
    tools: [{ type: "function" }],
    functions: [{}],
    max_tokens: 1,
  };
  assertPlaces(source("openai-chat", json), {
    "messages[0].content[0]": "messages[0].reasoning_content",
    "messages[0].content[1]": "messages[0].content",
    "messages[0].content[3]": "messages[0].tool_calls[1]",
    "messages[1].content[0].content[0]": "messages[1].content",
    "messages[2].content[1]": "messages[2].content[1]",
    "tools[0].parameters.a": "tools[0].function.parameters.a",
    "tools[1].parameters": "functions[0].parameters",
    max_output_tokens: "max_tokens",
    reasoning: "reasoning_effort",
    "response_format.schema.a": "response_format.json_schema.schema.a",
  });
  assertPlaces(source("openai-chat", { reasoning: {}, "": 1 }), { reasoning: "reasoning", constructor: "constructor" });
});

test("a refusal says the same place in its message; without a body all stays as it is", () => {
  const error = new GatewayError("invalid_request", "messages[1] makes the tool call `a`, which …", {
    param: "messages[1]",
    status: 422,
  });
  const told = refusedInCallersWords(error, source("gemini", { contents: [{ parts: [] }, { parts: [] }] }));
  assert(told instanceof GatewayError);
  assert.deepEqual([told.message, told.param, told.status], ["contents[1] makes the tool call `a`, which …", "contents[1]", 422]);
  assert.equal(refusedInCallersWords(error, undefined), error);
  const warnings = [
    { kind: "dropped" as const, code: "x", at: "messages[0]" },
    { kind: "dropped" as const, code: "y" },
  ];
  assert.equal(inCallersWords(warnings, undefined), warnings);
  assert.deepEqual(inCallersWords(warnings, source("gemini", { contents: "a" }))[1], warnings[1]);
});
