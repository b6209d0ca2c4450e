import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type GenerateContentResponse } from "@google/genai";
import type { ChatChunk, ChatResult } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { explode } from "../../canonical/explode.ts";
import { cancelled, finished } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import { parsed, plain } from "../shared/testing/codec.ts";
import { sse, withClient } from "./testing/served.ts";
import { decoder, encoder } from "./testing/setting.ts";

const usage: Usage = {
  inputUncached: 10,
  cacheRead: 5,
  cacheWrite5m: 3,
  cacheWrite1h: 0,
  outputVisible: 7,
  outputReasoning: 4,
  modality: { inputImage: 6 },
  raw: null,
};

const result: ChatResult = {
  id: "r1",
  model: "claude",
  usage,
  choices: [
    {
      index: 0,
      finish: { reason: "tool-calls", raw: "tool_use" },
      content: [
        { type: "reasoning", text: "Let me see.", signature: "sig", origin: { wire: "anthropic-messages" } },
        { type: "text", text: "Grüße " },
        { type: "tool-call", id: "toolu_1", name: "f", arguments: '{"a":1}' },
        { type: "tool-call", id: "toolu_2", name: "g", arguments: "{oops" },
      ],
    },
  ],
};

function stream(chunks: readonly ChatChunk[]): readonly WireEvent[] {
  const writer = encoder();
  return [...chunks.flatMap((chunk) => writer.push(chunk)), ...writer.end(finished)];
}

const said = [
  { text: "Let me see.", thought: true },
  { text: "Grüße " },
  { functionCall: { name: "f", args: { a: 1 }, id: "toolu_1" } },
  { functionCall: { name: "g", args: { INVALID_JSON: "{oops" }, id: "toolu_2" } },
];

const counted = {
  promptTokenCount: 18,
  candidatesTokenCount: 7,
  totalTokenCount: 29,
  cachedContentTokenCount: 5,
  thoughtsTokenCount: 4,
  promptTokensDetails: [
    { modality: "TEXT", tokenCount: 12 },
    { modality: "IMAGE", tokenCount: 6 },
  ],
  candidatesTokensDetails: [{ modality: "TEXT", tokenCount: 7 }],
};

test("a whole answer of another wire", () => {
  const writer = encoder();
  assert.deepEqual(plain(writer.whole(result)), {
    candidates: [{ content: { parts: said, role: "model" }, finishReason: "STOP", index: 0 }],
    modelVersion: "claude",
    responseId: "r1",
    usageMetadata: counted,
  });
  assert.deepEqual(
    writer.warnings.map(({ code }) => code),
    ["reasoning_signature_hidden", "tool_arguments_invalid"],
  );
});

async function collect(events: readonly WireEvent[]): Promise<readonly GenerateContentResponse[]> {
  return await withClient({ body: sse(events) }, async (client) => {
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await client.models.generateContentStream({ model: "m", contents: "x" })) chunks.push(chunk);
    return chunks;
  });
}

test("a stream of another wire, read by the official SDK: deltas as they come, calls whole, usage with the last", async () => {
  const chunks = await collect(stream(explode(result)));
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []).filter((part) => part.text !== "");
  assert.deepEqual(plain(parts), said);
  const last = chunks.at(-1);
  assert.equal(last?.candidates?.[0]?.finishReason, "STOP");
  assert.deepEqual(plain(last?.usageMetadata), counted);
  assert(chunks.every((chunk) => chunk.responseId === "r1" && chunk.modelVersion === "claude"));
  assert(chunks.slice(0, -1).every((chunk) => chunk.candidates?.[0]?.finishReason === undefined));
});

test("a chat of the official SDK keeps the streamed turn in its history, keep-alive included", async () => {
  const writer = encoder();
  const { keepAlive } = writer;
  assert("data" in keepAlive);
  const history = await withClient({ body: sse([keepAlive, ...stream(explode(result))]) }, async (client) => {
    const chat = client.chats.create({ model: "m" });
    for await (const _ of await chat.sendMessageStream({ message: "x" }));
    return chat.getHistory(true);
  });
  const parts = history.filter(({ role }) => role === "model").flatMap((content) => content.parts ?? []);
  assert.deepEqual(plain(parts.filter((part) => part.text !== "")), said);
});

test("an error inside a stream makes the official SDK throw", async () => {
  const writer = encoder();
  const begun = writer.push({ type: "part-start", choice: 0, part: 0, content: { type: "text", text: "beg" } });
  const error = new GatewayError("overloaded", "Too busy.");
  const events = [...begun, ...writer.end({ kind: "error", error })];
  await assert.rejects(collect(events), (thrown) => thrown instanceof ApiError && thrown.status === 503);
  // python-genai and go-genai do not look into data; an event of a name they do not know makes them fail.
  assert.equal(events.at(-1)?.event, "error");
});

test("an error reply makes the official SDK throw with its status", async () => {
  const body = JSON.stringify({ error: { code: 404, message: "no such model", status: "NOT_FOUND" } });
  const failed = withClient({ status: 404, body, type: "application/json" }, (client) =>
    client.models.generateContent({ model: "m", contents: "x" }),
  );
  await assert.rejects(failed, (thrown) => thrown instanceof ApiError && thrown.status === 404);
});

test("a cut at a limit is MAX_TOKENS, and a call that was cut is not told; a cancelled stream just ends", () => {
  const writer = encoder();
  const content = { type: "tool-call" as const, id: "a", name: "f", arguments: '{"x":' };
  const events = parsed([
    ...writer.push({ type: "part-start", choice: 0, part: 0, content: { type: "text", text: "beg" } }),
    ...writer.push({ type: "part-start", choice: 0, part: 1, content }),
    ...writer.end({ kind: "limited" }),
  ]);
  const [, last, ...more] = events.map((event) => JSON.stringify(event));
  assert(last?.includes('"finishReason":"MAX_TOKENS"') && !last.includes("functionCall"));
  assert.deepEqual(more, []);
  assert.deepEqual(
    writer.warnings.map(({ code }) => code),
    ["call_cut"],
  );
  assert.deepEqual(encoder().end(cancelled), []);
});

test("#8: parallel calls whose arguments come interleaved stay apart", () => {
  const start = (part: number, id: string): ChatChunk => ({
    type: "part-start",
    choice: 0,
    part,
    content: { type: "tool-call", id, name: id, arguments: "" },
  });
  const more = (part: number, text: string): ChatChunk => ({
    type: "part-delta",
    choice: 0,
    part,
    delta: { type: "arguments", text },
  });
  const chunks = [start(0, "a"), start(1, "b"), more(0, '{"x"'), more(1, '{"y":'), more(0, ":1}"), more(1, "2}")];
  const reader = decoder();
  const again = stream(chunks).flatMap((event) => reader.push(event));
  const written = again.flatMap((chunk) =>
    chunk.type === "part-delta" && chunk.delta.type === "arguments" ? chunk.delta.text : [],
  );
  assert.deepEqual(written, ['{"x":1}', '{"y":2}']);
});

test("#7: the word for each reason", () => {
  const word = (finish: ChatResult["choices"][0]["finish"]): unknown => {
    const [candidate] = plainCandidates({ choices: [{ index: 0, content: [], finish }] });
    return candidate?.["finishReason"];
  };
  assert.equal(word({ reason: "stop", raw: "end_turn" }), "STOP");
  assert.equal(word({ reason: "length", raw: "length" }), "MAX_TOKENS");
  assert.equal(word({ reason: "content-filter", raw: "refusal" }), "SAFETY");
  assert.equal(word({ reason: "content-filter", raw: "RECITATION" }), "RECITATION");
  assert.equal(word({ reason: "tool-calls", raw: "STOP" }), "STOP");
  assert.equal(word({ reason: "other", raw: "weird" }), "OTHER");
});

function plainCandidates(answer: ChatResult): readonly { readonly [name: string]: unknown }[] {
  const { candidates } = encoder().whole(answer);
  return Array.isArray(candidates) ? candidates : [];
}

test("citations and log probabilities of other wires in this one's words", () => {
  const origin = { wire: "openai-chat" };
  const citation = { origin, kind: "url" as const, url: "https://a.example", title: "A", start: 4, end: 6, raw: null };
  const document = { origin, kind: "document" as const, title: "B", citedText: "b", raw: null };
  const token = { token: "hi", logprob: -0.5, bytes: null, top_logprobs: [{ token: "ho", logprob: -1, bytes: null }] };
  const answer: ChatResult = {
    choices: [
      {
        index: 0,
        content: [{ type: "text", text: "für uns", citations: [citation, document] }],
        finish: { reason: "stop", raw: "stop" },
        logprobs: { content: [token] },
      },
    ],
  };
  const last = parsed(stream(explode(answer))).at(-1)?.["candidates"];
  for (const candidate of [plainCandidates(answer)[0], Array.isArray(last) ? last[0] : undefined]) {
    assert.deepEqual(plain(candidate?.["groundingMetadata"]), {
      groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }, { retrievedContext: { title: "B", text: "b" } }],
      groundingSupports: [{ segment: { startIndex: 5, endIndex: 7, text: "un" }, groundingChunkIndices: [0] }],
    });
    assert.deepEqual(candidate?.["logprobsResult"], {
      chosenCandidates: [{ token: "hi", logProbability: -0.5 }],
      topCandidates: [{ candidates: [{ token: "ho", logProbability: -1 }] }],
    });
  }
});
