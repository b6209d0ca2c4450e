import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { plain } from "../shared/testing/codec.ts";
import { chat, decode, encode, incoming } from "./testing/setting.ts";

const hello = { contents: [{ role: "user", parts: [{ text: "hi" }] }] };

test("what routing needs: model, stream and framing come from the address", () => {
  const of = (verb: string, query: string): unknown => {
    const { model, stream, framing } = chat.decodeRequest(incoming(hello, verb, { named: "gemini-3-flash", query }));
    return [model, stream, framing];
  };
  assert.deepEqual(of("generateContent", ""), ["gemini-3-flash", false, undefined]);
  assert.deepEqual(of("streamGenerateContent", "alt=sse&key=k"), ["gemini-3-flash", true, undefined]);
  assert.deepEqual(of("streamGenerateContent", ""), ["gemini-3-flash", true, "json-array"]);
  assert.deepEqual(of("streamGenerateContent", "%24alt=json%3Benum-encoding%3Dint"), ["gemini-3-flash", true, "json-array"]);
  assert.deepEqual(of("streamGenerateContent", "%24alt=sse"), ["gemini-3-flash", true, undefined]);
});

test("both spellings are read alike and said again as they were", () => {
  const camel: JsonObject = {
    contents: [
      { role: "user", parts: [{ inlineData: { mimeType: "image/png", data: "aGk=" } }, { fileData: { fileUri: "gs://a" } }] },
      { role: "model", parts: [{ functionCall: { name: "f", args: { keep_this: 1 } }, thoughtSignature: "s" }] },
      { role: "user", parts: [{ functionResponse: { name: "f", response: { output: "x" } } }] },
    ],
    systemInstruction: { parts: [{ text: "S" }] },
    generationConfig: {
      maxOutputTokens: 5,
      topK: 3,
      responseMimeType: "application/json",
      thinkingConfig: { thinkingBudget: 0, includeThoughts: true },
    },
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
    tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }, { googleSearch: {} }],
  };
  const snake: JsonObject = {
    contents: [
      { role: "user", parts: [{ inline_data: { mime_type: "image/png", data: "aGk=" } }, { file_data: { file_uri: "gs://a" } }] },
      { role: "model", parts: [{ function_call: { name: "f", args: { keep_this: 1 } }, thought_signature: "s" }] },
      { role: "user", parts: [{ function_response: { name: "f", response: { output: "x" } } }] },
    ],
    system_instruction: { parts: [{ text: "S" }] },
    generation_config: {
      max_output_tokens: 5,
      top_k: 3,
      response_mime_type: "application/json",
      thinking_config: { thinking_budget: 0, include_thoughts: true },
    },
    tool_config: { function_calling_config: { mode: "ANY", allowed_function_names: ["f"] } },
    tools: [{ function_declarations: [{ name: "f", parameters_json_schema: { type: "object" } }] }, { google_search: {} }],
  };
  const meaning = (body: JsonObject): unknown =>
    JSON.parse(
      JSON.stringify(decode(body), (key, value: unknown) =>
        key === "as" || key === "spelling" || key === "definition" ? undefined : value,
      ),
    );
  assert.deepEqual(meaning(snake), meaning(camel));
  for (const body of [camel, snake]) assert.deepEqual(encode(decode(body)).body, body);
});

test("ids that are left out: calls of one name are answered in their order, the same on every turn", () => {
  const call = (n: number): JsonObject => ({ functionCall: { name: "f", args: { n } } });
  const answer = (output: string): JsonObject => ({ functionResponse: { name: "f", response: { output } } });
  const body = {
    contents: [
      { role: "user", parts: [{ text: "go" }] },
      { role: "model", parts: [call(1), call(2)] },
      { role: "user", parts: [answer("a"), answer("b")] },
    ],
  };
  const [, calls, answers] = decode(body).messages;
  const made = calls?.content.map((part) => (part.type === "tool-call" ? part.id : ""));
  assert.deepEqual(
    answers?.content.map((part) => (part.type === "tool-result" ? part.toolCallId : "")),
    made,
  );
  assert.equal(new Set(made).size, 2);
  const again = decode({ contents: [...body.contents, { role: "model", parts: [{ text: "ok" }] }] }).messages[1];
  assert.deepEqual(plain(again), plain(calls));
  assert.deepEqual(encode(decode(body)).body, body);
});

test("Google's own schema language becomes JSON Schema, and goes back as it was written", () => {
  const parameters = {
    type: "OBJECT",
    properties: {
      a: { type: "STRING", nullable: true, enum: ["x"] },
      l: { type: "ARRAY", items: { type: "INTEGER" }, minItems: "2" },
    },
    propertyOrdering: ["a", "l"],
  };
  const body = { ...hello, tools: [{ functionDeclarations: [{ name: "f", parameters }] }] };
  const [tool] = decode(body).tools ?? [];
  assert(tool?.type === "function");
  assert.deepEqual(tool.parameters, {
    type: "object",
    properties: {
      a: { type: ["string", "null"], enum: ["x", null] },
      l: { type: "array", items: { type: "integer" }, minItems: 2 },
    },
  });
  assert.deepEqual(encode(decode(body)).body, body);
  const changed = { ...decode(body), tools: [{ ...tool, parameters: { type: "object" } }] };
  assert.deepEqual(encode(changed).body["tools"], [
    { functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] },
  ]);
});

test("wrong types are refused with the field's name", () => {
  const refused = (body: JsonObject, param: string): void => {
    const named = (error: unknown): boolean =>
      error instanceof GatewayError && error.code === "invalid_request" && error.param === param;
    assert.throws(() => decode(body), named, param);
  };
  refused({}, "contents");
  refused({ contents: [] }, "contents");
  refused({ contents: [{ role: "system", parts: [] }] }, "contents[0].role");
  refused({ contents: [{ parts: [{ text: 5 }] }] }, "contents[0].parts[0].text");
  refused({ contents: [{ parts: [{ functionCall: { name: "f", args: [] } }] }] }, "contents[0].parts[0].functionCall.args");
  refused({ ...hello, generationConfig: { temperature: "warm" } }, "generationConfig.temperature");
  refused({ ...hello, tools: [{ functionDeclarations: [{}] }] }, "tools[0].functionDeclarations[0].name");
  refused(
    { ...hello, toolConfig: { functionCallingConfig: { allowedFunctionNames: [1] } } },
    "toolConfig.functionCallingConfig.allowedFunctionNames",
  );
  assert.throws(
    () => chat.decodeRequest(incoming(hello, "generateContent", { named: undefined })),
    (error) => error instanceof GatewayError && error.param === "model",
  );
});

test("settings of this wire's own travel apart and are put back where they stood", () => {
  const body = {
    ...hello,
    safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
    cachedContent: "cachedContents/a",
    generationConfig: { speechConfig: { languageCode: "de-DE" }, mediaResolution: "MEDIA_RESOLUTION_LOW" },
    toolConfig: { retrievalConfig: { languageCode: "de" } },
    brandNew: { a: 1 },
  };
  const request = decode(body);
  assert.deepEqual(Object.keys(request.own?.settings ?? {}), [
    "safetySettings",
    "cachedContent",
    "toolConfig.retrievalConfig",
    "generationConfig.speechConfig",
    "generationConfig.mediaResolution",
  ]);
  assert.deepEqual(request.extra, { brandNew: { a: 1 } });
  assert.deepEqual(encode(request).body, body);
});
