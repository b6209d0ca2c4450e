import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { accumulate, append } from "./accumulate.ts";
import { type ChatChunk, type ChatResult, isContent } from "./chat.ts";
import { GatewayError } from "./error.ts";
import { explode } from "./explode.ts";
import type { Part } from "./parts.ts";
import type { Usage } from "./usage.ts";

const optional = { requiredKeys: [] };
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const json = fc.jsonValue({ maxDepth: 2 });
const origin = fc.record({ wire: text, provider: text, model: text }, { requiredKeys: ["wire"] });
const source = fc.oneof(
  fc.record({ kind: fc.constant("base64" as const), mediaType: text, data: text }),
  fc.record({ kind: fc.constant("url" as const), url: text }),
);
const citation = fc.record(
  { origin, kind: fc.constantFrom("url" as const, "other" as const), url: text, start: fc.nat(), raw: json },
  { requiredKeys: ["origin", "kind", "raw"] },
);
const base = { cache: fc.record({ ttl: fc.constant("5m" as const) }, optional), as: text };
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record(
    { ...base, type: fc.constant("text" as const), text, citations: fc.array(citation, { maxLength: 3 }) },
    { requiredKeys: ["type", "text"] },
  ),
  fc.record({ ...base, type: fc.constant("refusal" as const), text }, { requiredKeys: ["type", "text"] }),
  fc.record(
    {
      ...base,
      type: fc.constant("reasoning" as const),
      text,
      signature: text,
      redacted: text,
      encrypted: text,
      id: text,
      origin,
    },
    { requiredKeys: ["type", "text"] },
  ),
  fc.record(
    {
      ...base,
      type: fc.constant("tool-call" as const),
      id: text,
      name: text,
      arguments: text,
      kind: fc.constant("custom" as const),
    },
    { requiredKeys: ["type", "id", "name", "arguments"] },
  ),
  fc.record({ ...base, type: fc.constant("image" as const), source }, { requiredKeys: ["type", "source"] }),
  fc.record({ ...base, type: fc.constant("audio" as const), source, transcript: text }, { requiredKeys: ["type"] }),
  fc.record({ ...base, type: fc.constant("video" as const), source }, { requiredKeys: ["type", "source"] }),
  fc.record({ ...base, type: fc.constant("document" as const), source, title: text }, { requiredKeys: ["type", "source"] }),
  fc.record(
    { ...base, type: fc.constant("opaque" as const), origin, kind: text, value: fc.dictionary(text, json) },
    { requiredKeys: ["type", "origin", "kind", "value"] },
  ),
);
const usage: Usage = {
  inputUncached: 3,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  outputVisible: 2,
  outputReasoning: 0,
  raw: { n: 1 },
};
const choice = fc.record({
  content: fc.array(part, { maxLength: 5 }),
  finish: fc.record({ reason: fc.constantFrom("stop" as const, "tool-calls" as const, "length" as const), raw: fc.option(text) }),
});
const head = fc.record(
  {
    id: text,
    model: text,
    createdAt: fc.nat(),
    serviceTier: text,
    fingerprint: text,
    container: json,
    extra: fc.dictionary(text, json),
  },
  optional,
);
const result: fc.Arbitrary<ChatResult> = fc
  .record({ head, choices: fc.array(choice, { maxLength: 3 }), used: fc.boolean() })
  .map(({ head, choices, used }) => {
    const numbered = choices.map((one, index) => ({ index, ...one }));
    return structuredClone({ ...head, choices: numbered, ...(used && { usage }) });
  });

describe("a whole result and the chunks that would have carried it", () => {
  it("are the same answer", () => {
    fc.assert(
      fc.property(result, (whole) => assert.deepEqual(accumulate(explode(whole)), whole)),
      { numRuns: 400 },
    );
  });

  it("whatever order the chunks of different choices come in", () => {
    fc.assert(
      fc.property(result, (whole) => {
        const chunks = explode(whole);
        const backwards = [...whole.choices]
          .reverse()
          .flatMap(({ index }) => chunks.filter((chunk) => "choice" in chunk && chunk.choice === index));
        const rest = chunks.filter((chunk) => !("choice" in chunk));
        assert.deepEqual(accumulate([...rest, ...backwards]), whole);
      }),
      { numRuns: 100 },
    );
  });

  it("are well formed: a start, then parts that begin, grow and end, then the finish", () => {
    fc.assert(
      fc.property(result, (whole) => {
        const open = new Set<string>();
        const over = new Set<number>();
        for (const [at, chunk] of explode(whole).entries()) {
          assert.equal(chunk.type === "start", at === 0);
          if (!("choice" in chunk)) continue;
          assert.equal(over.has(chunk.choice), false);
          const name = "part" in chunk ? `${chunk.choice}.${chunk.part}` : "";
          if (chunk.type === "part-start") assert.equal(open.has(name), false);
          if (chunk.type === "part-start") open.add(name);
          if (chunk.type === "part-delta") assert.ok(open.has(name));
          if (chunk.type === "part-end") assert.ok(open.delete(name));
          if (chunk.type === "finish") over.add(chunk.choice);
        }
        assert.equal(open.size, 0);
        assert.equal(over.size, whole.choices.length);
      }),
      { numRuns: 100 },
    );
  });

  it("keep log probabilities, as the list of their pieces", () => {
    const made = (logprobs: ChatResult["choices"][number]["logprobs"], type: "text" | "refusal" = "text"): ChatResult => ({
      choices: [
        {
          index: 0,
          content: [
            { type: "reasoning", text: "hm" },
            { type, text: "ab" },
          ],
          finish: { reason: "stop", raw: "stop" },
          logprobs,
        },
      ],
    });
    const pieces = [{ content: [{ token: "a" }] }, { content: [{ token: "b" }] }];
    assert.deepEqual(accumulate(explode(made(pieces))), made(pieces));
    assert.deepEqual(accumulate(explode(made(pieces, "refusal"))), made(pieces, "refusal"));
    assert.deepEqual(accumulate(explode(made({ content: [] }))), made([{ content: [] }]));
  });
});

describe("accumulate", () => {
  it("takes the last usage, and passes over what is no part of the answer", () => {
    const chunks: readonly ChatChunk[] = [
      { type: "ping" },
      { type: "usage", usage: { ...usage, outputVisible: 1 } },
      { type: "progress", note: "…" },
      { type: "part-delta", choice: 0, part: 7, delta: { type: "text", text: "of no part" } },
      { type: "usage", usage },
      { type: "error", error: new GatewayError("truncated", "") },
    ];
    assert.deepEqual(accumulate(chunks), { choices: [{ index: 0, content: [], finish: { reason: "other", raw: null } }], usage });
  });

  it("puts sound together, and leaves a part alone that a delta does not fit", () => {
    const sound = [{ data: "AA", id: "a1" }, { transcript: "he" }, { data: "BB", transcript: "y", expiresAt: 9 }].reduce<Part>(
      (part, delta) => append(part, { type: "audio", ...delta }),
      { type: "audio" },
    );
    const data = { kind: "base64", mediaType: "audio/pcm", data: "AABB" };
    assert.deepEqual(sound, { type: "audio", id: "a1", expiresAt: 9, transcript: "hey", source: data });
    const image: Part = { type: "image", source: { kind: "url", url: "u" } };
    for (const type of ["text", "reasoning", "refusal", "arguments"] as const)
      assert.equal(append(image, { type, text: "x" }), image);
    assert.equal(append(image, { type: "signature", signature: "x" }), image);
    assert.equal(append(image, { type: "opaque", value: {} }), image);
    const opaque: Part = { type: "opaque", origin: { wire: "w" }, kind: "k", value: { a: 1 } };
    assert.deepEqual(append(opaque, { type: "opaque", value: { b: 2 } }), { ...opaque, value: { a: 1, b: 2 } });
  });
});

it("content is what a caller would see: no empty text, no bookkeeping", () => {
  const start = (content: Part): boolean => isContent({ type: "part-start", choice: 0, part: 0, content });
  assert.equal(start({ type: "text", text: "" }), false);
  assert.equal(start({ type: "text", text: "a" }), true);
  assert.equal(start({ type: "refusal", text: "" }), false);
  assert.equal(start({ type: "reasoning", text: "" }), false);
  assert.equal(start({ type: "reasoning", text: "", redacted: "x" }), true);
  assert.equal(start({ type: "reasoning", text: "", encrypted: "x" }), true);
  assert.equal(start({ type: "tool-call", id: "a", name: "f", arguments: "" }), true);
  const delta = (text: string): boolean => isContent({ type: "part-delta", choice: 0, part: 0, delta: { type: "text", text } });
  assert.equal(delta(""), false);
  assert.equal(delta(" "), true);
  assert.equal(isContent({ type: "part-delta", choice: 0, part: 0, delta: { type: "audio", data: "AA" } }), true);
  assert.equal(isContent({ type: "start", head: { id: "x" } }), false);
  assert.equal(isContent({ type: "finish", choice: 0, finish: { reason: "stop", raw: null } }), false);
});
