import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "../../../canonical/accumulate.ts";
import type { ChatChunk, ChatResult } from "../../../canonical/chat.ts";
import { explode } from "../../../canonical/explode.ts";
import type { JsonObject } from "../../../canonical/json.ts";
import type { ReplyDecoder } from "../../wire.ts";
import { compileSchema } from "./index.ts";
import { restoring } from "./restoring.ts";

const schema: JsonObject = { type: "object", properties: { n: { enum: [1, 2] }, o: { type: "string" } }, required: ["n"] };
const { restore } = compileSchema(schema, "gemini-openapi");
const strict = compileSchema(schema, "openai-strict");

const resultOf = (text: string, call: string): ChatResult => ({
  choices: [
    {
      index: 0,
      content: [
        { type: "reasoning", text: "hm" },
        { type: "text", text },
        { type: "tool-call", id: "1", name: "f", arguments: call },
        { type: "tool-call", id: "2", name: "other", arguments: call },
        { type: "tool-call", id: "3", name: "f", kind: "custom", arguments: call },
      ],
      finish: { reason: "tool-calls", raw: null },
    },
  ],
});

/** A decoder whose events are chunks, and whose bodies are results. */
const plain = (result: ChatResult): ReplyDecoder<"chat"> => ({
  whole: () => result,
  push: ({ data }) => {
    const chunk: ChatChunk = JSON.parse(data);
    return [chunk];
  },
  end: () => [{ type: "ping" }],
  ended: true,
  done: false,
});

/** Text and arguments in pieces of three characters, the parts' pieces by turns. */
const inPieces = (result: ChatResult): readonly ChatChunk[] =>
  explode(result).flatMap((chunk): readonly ChatChunk[] => {
    if (chunk.type !== "part-delta" || !("text" in chunk.delta)) return [chunk];
    const { delta } = chunk;
    return (delta.text.match(/.{1,3}/gs) ?? []).map((text) => ({ ...chunk, delta: { ...delta, text } }));
  });

test("arguments and answers come back in the caller's form, whole and streamed", () => {
  const sent = resultOf('{"n":2,"o":null}', '{"n":"2"}');
  const wanted = resultOf('{"n":2}', '{"n":2}').choices[0]?.content;
  const [reasoning, text, call, ,] = wanted ?? [];
  const expected = [reasoning, text, call, ...(sent.choices[0]?.content.slice(3) ?? [])];
  const restores = { tools: new Map([["f", restore]]), answer: strict.restore };
  const decoder = restoring(plain(sent), restores);
  assert.deepEqual(decoder.whole({}).choices[0]?.content, expected);
  const chunks = inPieces(sent).flatMap((chunk) => decoder.push({ data: JSON.stringify(chunk) }));
  assert.deepEqual(accumulate(chunks).choices[0]?.content, expected);
  assert.equal(chunks.filter((chunk) => chunk.type === "part-delta" && chunk.part === 2).length, 1);
  assert.deepEqual([decoder.end(), decoder.ended, decoder.done], [[{ type: "ping" }], true, false]);
});

test("what is no JSON stays as it is", () => {
  const sent = resultOf("I cannot.", '{"n":"2"');
  const decoder = restoring(plain(sent), { tools: new Map([["f", restore]]), answer: restore });
  assert.deepEqual(decoder.whole({}), sent);
});

test("who has nothing to put back is left alone", () => {
  const decoder = plain(resultOf("", ""));
  assert.equal(restoring(decoder, { tools: new Map() }), decoder);
});
