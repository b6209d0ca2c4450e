import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatChunk, ChatResult, Delta } from "../../canonical/chat.ts";
import type { Part } from "../../canonical/parts.ts";
import { ChunkGuard } from "./chunk-guard.ts";
import { Lanes } from "./lanes.ts";
import { Masks } from "./masks.ts";
import { scannersOf } from "./scanner.ts";
import { innocent, nothing, samples } from "./testing/samples.ts";
import { guardWhole } from "./whole-output.ts";

const { output } = scannersOf({ ...nothing, output: { secrets: "redact", pii: "redact", forbidden: "redact" } });
const masks = new Masks("");
masks.of("someone@example.net", "email");

const lanes = (json: boolean): Lanes => new Lanes({ scanner: output, masks, json, note: () => undefined });

const words = fc
  .array(
    fc.constantFrom(
      ...samples.map(([, text]) => text),
      ...innocent,
      "<EMAIL_1>",
      "<EMAIL_2>",
      "<",
      " ",
      " and ",
      "\n",
      '"',
      "\\",
      "é",
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const part: fc.Arbitrary<Part> = fc.oneof(
  words.map((text): Part => ({ type: "text", text })),
  words.map((text): Part => ({ type: "refusal", text })),
  words.map((text): Part => ({ type: "reasoning", text, signature: "sig" })),
  words.map(
    (text): Part => ({
      type: "tool-call",
      id: "c",
      name: "look",
      arguments: JSON.stringify({ a: text, n: [1, 4111111111111111] }),
    }),
  ),
  words.map((text): Part => ({ type: "tool-call", id: "c", name: "look", kind: "custom", arguments: text })),
  words.map((text): Part => ({ type: "opaque", origin: { wire: "w" }, kind: "k", value: { type: "x", text, list: [text] } })),
);

const result: fc.Arbitrary<ChatResult> = fc
  .array(fc.array(part, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .map((choices) => ({
    choices: choices.map((content, index) => ({ index, content, finish: { reason: "stop", raw: "stop" } as const })),
  }));

/** A stream of the answer, its texts cut to these sizes; some parts begin with text already, and choices come by turns. */
function* streamOf({ choices }: ChatResult, sizes: readonly number[]): Generator<ChatChunk> {
  let turn = 0;
  const runs = choices.map(({ index, content, finish }) => {
    const chunks: ChatChunk[] = [];
    content.forEach((one, at) => {
      const pieces = cut(textOf(one), sizes);
      const first = (sizes[at % sizes.length] ?? 1) % 2 === 0 ? (pieces.shift() ?? "") : "";
      chunks.push({ type: "part-start", choice: index, part: at, content: opened(one, first) });
      for (const piece of pieces) chunks.push({ type: "part-delta", choice: index, part: at, delta: delta(one, piece) });
      if (one.type === "reasoning")
        chunks.push({ type: "part-delta", choice: index, part: at, delta: { type: "signature", signature: "sig" } });
      if ((sizes[0] ?? 1) % 3 > 0) chunks.push({ type: "part-end", choice: index, part: at });
    });
    chunks.push({ type: "finish", choice: index, finish });
    return chunks;
  });
  while (runs.some(({ length }) => length > 0)) {
    const chunk = runs[turn++ % runs.length]?.shift();
    if (chunk !== undefined) yield chunk;
  }
}

const textOf = (one: Part): string => ("text" in one ? one.text : one.type === "tool-call" ? one.arguments : "");

function opened(one: Part, text: string): Part {
  if (one.type === "reasoning") return { type: "reasoning", text };
  if ("text" in one) return { ...one, text };
  return one.type === "tool-call" ? { ...one, arguments: text } : one;
}

function delta(one: Part, text: string): Delta {
  if (one.type === "tool-call") return { type: "arguments", text };
  return { type: one.type === "reasoning" || one.type === "refusal" ? one.type : "text", text };
}

function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

test("an answer in pieces, however cut and mixed, comes out as the whole one does", () => {
  fc.assert(
    fc.property(
      result,
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (drawn, sizes, json) => {
        const given = json ? asJson(drawn) : drawn;
        const whole = guardWhole<"chat">({ stream: false, result: given }, lanes(json), Number.POSITIVE_INFINITY).result;
        const guard = new ChunkGuard<"chat">(lanes(json), Number.POSITIVE_INFINITY);
        const out = [...[...streamOf(given, sizes)].flatMap((chunk) => guard.pass(chunk)), ...guard.flush()];
        assert.deepEqual(said(accumulate(out), json), said(whole, json));
      },
    ),
    { numRuns: 1500, seed: 4 },
  );
});

/** Texts that are JSON, as they were asked for. */
const asJson = ({ choices }: ChatResult): ChatResult => ({
  choices: choices.map((choice) => ({
    ...choice,
    content: choice.content.map((one) =>
      one.type === "text" ? { ...one, text: JSON.stringify([one.text, 4111111111111111]) } : one,
    ),
  })),
});

/** JSON is compared by what it says: a stream spells it anew. */
const said = ({ choices }: ChatResult, json: boolean): unknown =>
  choices.map(({ index, content, finish }) => ({
    index,
    finish,
    content: content.map((one) =>
      (one.type === "tool-call" && one.kind !== "custom") || (json && one.type === "text")
        ? JSON.parse(textOf(one))
        : {
            type: one.type,
            text: textOf(one),
            signature: one.type === "reasoning" ? one.signature : undefined,
            value: one.type === "opaque" && one.value,
          },
    ),
  }));

test("at most characters, in pieces and whole, it is the same text", () => {
  fc.assert(
    fc.property(words, fc.nat(60), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (text, most, sizes) => {
      const given: ChatResult = {
        choices: [{ index: 0, content: [{ type: "text", text }], finish: { reason: "stop", raw: null } }],
      };
      const whole = guardWhole<"chat">({ stream: false, result: given }, lanes(false), most).result;
      const guard = new ChunkGuard<"chat">(lanes(false), most);
      const out: ChatChunk[] = [];
      for (const chunk of streamOf(given, sizes)) if (!guard.full) out.push(...guard.pass(chunk));
      if (!guard.full) out.push(...guard.flush());
      const texts = ({ choices }: ChatResult): string => choices.flatMap(({ content }) => content.map(textOf)).join("");
      assert.equal(texts(accumulate(out)), texts(whole));
      assert.ok(texts(whole).length <= most);
      assert.equal(guard.full, whole.choices[0]?.finish.reason === "length");
    }),
    { numRuns: 1500, seed: 4 },
  );
});
