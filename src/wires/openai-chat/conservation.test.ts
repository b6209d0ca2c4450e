import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Message } from "../../canonical/chat.ts";
import type { MediaSource, Part } from "../../canonical/parts.ts";
import { encode, foreign } from "./testing/setting.ts";

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

/** OpenAI's order, written apart from the codec: every call answered by the tool messages right behind it. */
function assertOrder(messages: readonly { readonly [field: string]: unknown }[]): void {
  let due: string[] = [];
  for (const message of messages) {
    if (message["role"] === "tool") {
      const at = due.indexOf(String(message["tool_call_id"]));
      assert.ok(at >= 0, "a tool message answers an open call");
      due.splice(at, 1);
      continue;
    }
    assert.deepEqual(due, [], `${String(message["role"])} stands between a call and its result`);
    const calls = message["tool_calls"];
    if (Array.isArray(calls)) due = calls.map((call: { id: string }) => call.id);
    const says = message["content"] !== undefined && message["content"] !== null;
    assert.ok(says || Array.isArray(calls) || message["refusal"] !== undefined, "a message says something");
  }
  assert.deepEqual(due, []);
}

test("#22: every part is once in the body or once in the warnings, in an order the API takes", () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 4 }), (turns) => {
      const { messages, marks } = conversation(turns);
      const { body, warnings } = encode(foreign({ messages }));
      const sent = JSON.stringify(body);
      for (const [mark, place] of marks) {
        const times = sent.split(mark).length - 1;
        const lost = warnings.filter((warning) => warning.kind === "dropped" && warning.at === place).length;
        assert.equal(times + lost, 1, `${place}: ${times} times in the body, ${lost} times in the warnings`);
      }
      const list = body["messages"];
      assert.ok(Array.isArray(list));
      assertOrder(list);
    }),
    { numRuns: 500 },
  );
});
