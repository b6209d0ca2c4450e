import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Message } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { MediaSource, Part } from "../../canonical/parts.ts";
import { contentsOf, encode, foreign, partsOf } from "./testing/setting.ts";

/*
 * Each canonical part is once in the outgoing body or once in the warnings: every part carries a mark of its own, and a
 * conversation of another wire is drawn at random.
 */

type Draw = (mark: string) => Part;

const sources: readonly ((mark: string) => MediaSource)[] = [
  (mark) => ({ kind: "base64", mediaType: "image/png", data: mark }),
  (mark) => ({ kind: "url", url: `https://x.test/${mark}` }),
  (mark) => ({ kind: "file", id: mark }),
  (mark) => ({ kind: "text", text: mark, mediaType: "text/plain" }),
  (mark) => ({ kind: "parts", parts: [{ type: "text", text: mark }] }),
];
const origin = { wire: "anthropic-messages" };
const plain: readonly Draw[] = [
  (mark) => ({ type: "text", text: mark }),
  (mark) => ({ type: "text", text: mark, cache: { ttl: "1h" } }),
  (mark) => ({ type: "refusal", text: mark }),
  (mark) => ({ type: "reasoning", text: mark, signature: "s", origin }),
  (mark) => ({ type: "opaque", origin, kind: "server_tool_use", value: { id: mark } }),
  (mark) => ({ type: "audio", id: mark }),
  (mark) => ({ type: "audio", id: "spoken", transcript: mark }),
  ...sources.flatMap((source): Draw[] => [
    (mark) => ({ type: "image", source: source(mark) }),
    (mark) => ({ type: "audio", source: source(mark), format: "wav" }),
    (mark) => ({ type: "video", source: source(mark) }),
    (mark) => ({ type: "document", source: source(mark) }),
  ]),
];

interface Turn {
  readonly user: readonly number[];
  readonly assistant: readonly number[];
  readonly calls: readonly (readonly number[])[];
  readonly system: boolean;
}

const draws = fc.array(fc.nat({ max: plain.length - 1 }), { maxLength: 4 });
const turn: fc.Arbitrary<Turn> = fc.record({
  user: draws,
  assistant: draws,
  calls: fc.array(draws, { maxLength: 3 }),
  system: fc.boolean(),
});

/** A legal conversation, and for each part the place it stands at. */
function conversation(turns: readonly Turn[]): { messages: Message[]; marks: Map<string, string> } {
  const messages: Message[] = [];
  const marks = new Map<string, string>();
  let count = 0;
  const add = (role: Message["role"], drawn: readonly (Draw | { id: string; inner: readonly number[] })[]): void => {
    const content = drawn.map((draw, at): Part => {
      const place = `messages[${messages.length}].content[${at}]`;
      const mark = (where: string): string => {
        const made = `mark${++count}end`;
        marks.set(made, where);
        return made;
      };
      if (typeof draw === "function") return draw(mark(place));
      const inner = draw.inner.map((number, index) => pick(number)(mark(`${place}.content[${index}]`)));
      return { type: "tool-result", toolCallId: draw.id, content: inner };
    });
    messages.push({ role, content });
  };
  for (const [number, { user, assistant, calls, system }] of turns.entries()) {
    if (system) add("system", [pick(0)]);
    add("user", [pick(0), ...user.map(pick)]);
    const ids = calls.map((_, at) => `call${number}x${at}`);
    const callParts = ids.map(
      (id): Draw =>
        (mark) => ({ type: "tool-call", id, name: "f", arguments: JSON.stringify({ mark }) }),
    );
    add("assistant", [...assistant.map(pick), ...callParts]);
    if (ids.length > 0) add("user", ids.map((id, at) => ({ id, inner: calls[at] ?? [] })).reverse());
  }
  return { messages, marks };
}

const pick = (number: number): Draw => plain[number] ?? ((mark) => ({ type: "text", text: mark }));

/** Google's order, written apart from the codec: the results of a turn's calls in the very next content, as many, in their order. */
function assertOrder(contents: readonly JsonObject[]): void {
  let due: Json[] = [];
  let before: Json | undefined;
  for (const content of contents) {
    assert.notEqual(content["role"], before, "user and model take turns");
    before = content["role"];
    const parts = partsOf(content);
    assert.ok(parts.length > 0, "a content says something");
    const results = parts.map(({ functionResponse: one }) => (isObject(one) ? (one["id"] ?? null) : undefined));
    const given = results.filter((id) => id !== undefined);
    assert.deepEqual(given, due, "each call is answered at once, in their order");
    assert.deepEqual(results.slice(0, given.length), given, "results stand first");
    due = parts.flatMap(({ functionCall: one }): Json[] => (isObject(one) ? [one["id"] ?? null] : []));
    for (const part of parts) assert.ok(part["text"] === undefined || String(part["text"]).trim() !== "", "no text is empty");
  }
  assert.deepEqual(due, []);
  assert.equal(contents[0]?.["role"], "user");
}

/** The body as text, what stands in it as base64 of a text readable. */
const readable = (body: JsonObject): string =>
  JSON.stringify(body, (_, value: Json): Json => {
    if (!isObject(value) || isArray(value) || value["mimeType"] !== "text/plain") return value;
    return { ...value, data: Buffer.from(String(value["data"]), "base64").toString("utf8") };
  });

test("#22: every part is once in the body or once in the warnings, in an order the API takes", () => {
  fc.assert(
    fc.property(
      fc.array(turn, { minLength: 1, maxLength: 4 }),
      fc.constantFrom("gemini-2.5-flash", "gemini-3-flash"),
      (turns, model) => {
        const { messages, marks } = conversation(turns);
        const { body, warnings } = encode(foreign({ messages }), { model });
        const sent = readable(body);
        for (const [mark, place] of marks) {
          const times = sent.split(mark).length - 1;
          const lost = warnings.filter((warning) => warning.kind === "dropped" && warning.at === place).length;
          assert.equal(times + lost, 1, `${place}: ${times} times in the body, ${lost} times in the warnings`);
        }
        assertOrder(contentsOf(body));
      },
    ),
    { numRuns: 500 },
  );
});
