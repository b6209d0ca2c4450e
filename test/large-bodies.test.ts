import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accumulate } from "../src/canonical/accumulate.ts";
import type { ChatChunk } from "../src/canonical/chat.ts";
import type { JsonObject } from "../src/canonical/json.ts";
import { anthropicMessages } from "../src/wires/anthropic-messages/index.ts";
import { openaiChat } from "../src/wires/openai-chat/index.ts";
import type { Wire } from "../src/wires/wire.ts";

/* Bodies that are legal and huge: what they cost grows with their size and not with its square, or one call stops all others. */

const mostMs = 4000;

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

function chat(wire: Wire) {
  const codec = wire.codecs.chat;
  assert.ok(codec?.decodeRequest && codec.relay);
  return { ...codec, decodeRequest: codec.decodeRequest, relay: codec.relay };
}

/** Reads the body as a call of `from` and writes it for a provider of `to`. */
function translate(from: Wire, to: Wire, body: JsonObject): void {
  const model = String(body["model"] ?? "m");
  const decoded = chat(from).decodeRequest({ path: "/", query: "", headers: {}, body: { model, max_tokens: 9, ...body } });
  const { wireRequest } = chat(to).encodeRequest(decoded.request(), {
    provider: "p",
    model,
    stream: false,
    callId: "call_1",
    quirks: {},
  });
  assert.ok(JSON.stringify(wireRequest.body).length > 0);
}

function decoder() {
  const request = { model: "m", messages: [{ role: "user" as const, content: [] }] };
  return chat(openaiChat).encodeRequest(request, { provider: "p", model: "m", stream: true, callId: "call_1", quirks: {} })
    .decoder;
}

const hi = [{ role: "user", content: "hi" }];
const calls = (count: number): JsonObject => ({
  role: "assistant",
  content: null,
  tool_calls: many(count, (index) => ({ id: `i${index}`, type: "function", function: { name: "f", arguments: "{}" } })),
});
const results = (count: number): JsonObject[] =>
  many(count, (index) => ({ role: "tool", tool_call_id: `i${index}`, content: "x" }));
const uses = (count: number): JsonObject[] =>
  many(count, (index) => ({ type: "tool_use", id: `i${index}`, name: "f", input: {} }));
const texts = (count: number): JsonObject[] => many(count, () => ({ type: "text", text: "a" }));
const tool = (parameters: JsonObject): JsonObject => ({ type: "function", function: { name: "f", parameters } });
const strictTool = (schema: JsonObject): JsonObject => ({ name: "f", strict: true, input_schema: schema });
const names = (count: number): string[] => many(count, (index) => `k${index}`);

const cases: { readonly [what: string]: () => void } = {
  "parts of a message": () => translate(anthropicMessages, openaiChat, { messages: [{ role: "user", content: texts(400_000) }] }),
  "parts after another message of the user": () =>
    translate(openaiChat, anthropicMessages, { messages: [...hi, { role: "user", content: texts(150_000) }] }),
  "parts of the assistant": () =>
    translate(openaiChat, openaiChat, { messages: [...hi, { role: "assistant", content: texts(150_000) }] }),
  "results of calls": () => translate(openaiChat, anthropicMessages, { messages: [...hi, calls(60_000), ...results(60_000)] }),
  "calls whose ids repeat": () =>
    translate(openaiChat, anthropicMessages, {
      messages: [...hi, calls(40_000), ...results(40_000), calls(40_000), ...results(40_000)],
    }),
  "assistant messages in a row": () =>
    translate(anthropicMessages, openaiChat, {
      messages: [
        ...hi,
        { role: "assistant", content: uses(1) },
        ...many(60_000, () => ({ role: "assistant", content: "a" })),
        { role: "user", content: [{ type: "tool_result", tool_use_id: "i0" }] },
      ],
    }),
  "system messages amid a turn": () =>
    translate(openaiChat, openaiChat, {
      messages: [...hi, calls(1), ...many(150_000, () => ({ role: "system", content: "a" })), ...results(1)],
    }),
  "unions that require much": () => {
    const branch = { required: names(40_000) };
    translate(openaiChat, anthropicMessages, { messages: hi, tools: [tool({ type: "object", anyOf: [branch, branch] })] });
  },
  "strict tools that require much": () => {
    const properties = Object.fromEntries(names(9000).map((name) => [name, {}]));
    const schema = { type: "object", additionalProperties: false, properties, required: names(1_000_000).reverse() };
    translate(anthropicMessages, openaiChat, { messages: hi, tools: [strictTool(schema)] });
  },
  "a model's name": () =>
    translate(openaiChat, anthropicMessages, { model: "claude-".repeat(40_000), temperature: 0.1, messages: hi }),
  "calls in one delta": () => {
    const tools = many(40_000, (index) => ({ index, id: `c${index}`, function: { name: "f", arguments: "{}" } }));
    const reader = decoder();
    reader.push({ data: JSON.stringify({ id: "x", model: "m", choices: [{ index: 0, delta: { tool_calls: tools } }] }) });
    reader.end();
  },
  "choices of an answer": () => {
    decoder().whole({ id: "x", model: "m", choices: many(80_000, (index) => ({ index, message: { content: "a" } })) });
  },
  "citations of an answer": () => {
    const citations = many(80_000, (index) => `https://a.test/${index}`);
    decoder().whole({ id: "x", model: "m", choices: [{ index: 0, message: { content: "a" } }], citations });
  },
  "citations of a stream": () => {
    const citation = { origin: { wire: "w" }, kind: "url" as const, raw: "x" };
    const told = many(
      80_000,
      (): ChatChunk => ({ type: "part-delta", choice: 0, part: 0, delta: { type: "citation", citation } }),
    );
    const { choices } = accumulate([{ type: "part-start", choice: 0, part: 0, content: { type: "text", text: "" } }, ...told]);
    const [part] = choices[0]?.content ?? [];
    assert.ok(part?.type === "text" && part.citations?.length === 80_000);
  },
  "a choice of an absurd number": () => {
    const json: JsonObject = { model: "m", n: 1.5 };
    const source = {
      wire: openaiChat.name,
      path: "/",
      query: "",
      headers: {},
      body: Buffer.from("{}"),
      json,
      members: new Map(),
    };
    const { relay } = chat(openaiChat).relay(source, { provider: "p", model: "m", stream: true, callId: "call_1", quirks: {} });
    relay.push({ data: JSON.stringify({ choices: [{ index: 4_000_000_000, delta: {}, finish_reason: "stop" }] }) });
    assert.equal(relay.observed().ended, false);
  },
  "deltas of a call that waits for another": () => {
    const encoder = chat(anthropicMessages)
      .decodeRequest({ path: "/", query: "", headers: {}, body: { model: "m", max_tokens: 9, messages: hi } })
      .encoder({ id: "x", createdAt: 0, model: "m" });
    for (const part of [0, 1]) {
      encoder.push({
        type: "part-start",
        choice: 0,
        part,
        content: { type: "tool-call", id: `i${part}`, name: "f", arguments: "" },
      });
    }
    for (let told = 0; told < 150_000; told++)
      encoder.push({ type: "part-delta", choice: 0, part: 1, delta: { type: "arguments", text: "1" } });
    encoder.push({ type: "part-end", choice: 0, part: 0 });
    assert.ok(encoder.end({ kind: "finished" }).length > 0);
  },
};

const errors: { readonly [what: string]: JsonObject } = {
  "the type of an error": { error: { type: "exceed".repeat(40_000), message: "x" } },
  "an error that looks like credentials": { error: { type: "x", message: "key-".repeat(40_000) } },
  "an error that looks like a token": { error: { type: "x", message: "eyJ-".repeat(40_000), code: "eyJ-".repeat(40_000) } },
  "an error nested deeper than the stack": { error: JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`), message: "no" },
};

describe("a huge body is paid for once", () => {
  const bounded = (what: string, run: () => void): void => {
    it(what, () => {
      const began = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(began);
      const ms = (user + system) / 1000;
      assert.ok(ms < mostMs, `${Math.round(ms)} ms`);
    });
  };
  for (const [what, run] of Object.entries(cases)) bounded(what, run);
  for (const [what, body] of Object.entries(errors)) {
    for (const wire of [openaiChat, anthropicMessages]) {
      bounded(`${what}: ${wire.name}`, () => {
        const error = wire.decodeError(400, {}, body, "p");
        assert.ok(error.message.length < 2000);
      });
    }
  }
});
