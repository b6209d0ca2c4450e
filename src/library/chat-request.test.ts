import assert from "node:assert/strict";
import { test } from "node:test";
import { chatRequest, outputForm } from "./chat-request.ts";

test("every field of a request has its place", () => {
  const parameters = { type: "object", properties: { city: { type: "string" } } };
  const schema = { type: "object" };
  assert.deepEqual(
    chatRequest({
      model: "p/m",
      system: "Be brief.",
      messages: [
        { role: "developer", content: "Really." },
        { role: "user", content: [{ type: "text", text: "Hi." }] },
      ],
      tools: [{ name: "weather", description: "Weather.", parameters, strict: true }, { name: "now" }],
      toolChoice: { name: "weather" },
      parallelToolCalls: false,
      output: { schema, name: "form" },
      maxTokens: 9,
      temperature: 0.1,
      topP: 0.2,
      topK: 3,
      seed: 4,
      stop: "END",
      reasoning: { effort: "low", budgetTokens: 5 },
      user: "u1",
    }),
    {
      model: "p/m",
      messages: [
        { role: "system", content: [{ type: "text", text: "Be brief." }], as: "string" },
        { role: "developer", content: [{ type: "text", text: "Really." }], as: "string" },
        { role: "user", content: [{ type: "text", text: "Hi." }] },
      ],
      tools: [
        { type: "function", name: "weather", description: "Weather.", parameters, strict: true },
        {
          type: "function",
          name: "now",
          description: undefined,
          parameters: { type: "object", properties: {} },
          strict: undefined,
        },
      ],
      toolChoice: { type: "tool", name: "weather" },
      parallelToolCalls: false,
      responseFormat: { type: "json-schema", name: "form", schema },
      maxOutputTokens: 9,
      temperature: 0.1,
      topP: 0.2,
      topK: 3,
      seed: 4,
      stop: ["END"],
      reasoning: { effort: "low", budgetTokens: 5 },
      endUser: "u1",
    },
  );
});

test("the form of the answer is asked for and held to", () => {
  const request = { model: "p/m", prompt: "x" };
  const schema = { type: "object" };
  assert.equal(outputForm(request), undefined);
  assert.deepEqual(outputForm({ ...request, output: "json" }), {});
  assert.deepEqual(chatRequest({ ...request, output: "json" }).responseFormat, { type: "json" });
  assert.deepEqual(outputForm({ ...request, output: { schema } }), { schema });
  assert.deepEqual(chatRequest({ ...request, output: { schema } }).responseFormat, {
    type: "json-schema",
    name: "answer",
    schema,
  });
});

test("media and results in short are parts in full; parts of answers stay as they are", () => {
  const thought = { type: "reasoning" as const, text: "Hm.", signature: "c2ln" };
  const call = { type: "tool-call" as const, id: "t1", name: "weather", arguments: "{}" };
  const { messages } = chatRequest({
    model: "p/m",
    messages: [
      {
        role: "user",
        content: [
          { type: "image", url: "https://x.example/a.png", detail: "low" },
          { type: "document", data: Buffer.from("text"), mediaType: "application/pdf", title: "T" },
          { type: "audio", data: "AAAA", mediaType: "audio/mpeg" },
          { type: "audio", data: "AAAA", mediaType: "audio/x-wav" },
          { type: "tool-result", toolCallId: "t0", content: "done", isError: true },
        ],
      },
      { role: "assistant", content: [thought, call] },
      { role: "tool", toolCallId: "t1", content: "Sunny." },
    ],
  });
  assert.deepEqual(messages, [
    {
      role: "user",
      content: [
        { type: "image", source: { kind: "url", url: "https://x.example/a.png" }, detail: "low" },
        { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "dGV4dA==" }, title: "T" },
        { type: "audio", source: { kind: "base64", mediaType: "audio/mpeg", data: "AAAA" }, format: "mp3" },
        { type: "audio", source: { kind: "base64", mediaType: "audio/x-wav", data: "AAAA" }, format: "wav" },
        { type: "tool-result", toolCallId: "t0", content: [{ type: "text", text: "done" }], isError: true },
      ],
    },
    { role: "assistant", content: [thought, call] },
    {
      role: "tool",
      content: [{ type: "tool-result", toolCallId: "t1", content: [{ type: "text", text: "Sunny." }], isError: undefined }],
    },
  ]);
  assert.ok(messages[1]?.content[0] === thought, "not even copied");
});
