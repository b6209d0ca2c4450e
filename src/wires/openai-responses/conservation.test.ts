import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ChatChunk, Message } from "../../canonical/chat.ts";
import { explode } from "../../canonical/explode.ts";
import { isArray, isObject, type JsonObject } from "../../canonical/json.ts";
import type { MediaSource, Part } from "../../canonical/parts.ts";
import { finished } from "../../canonical/terminal.ts";
import { sdkStream } from "./testing/sdk.ts";
import { encode, encoder, foreign, plain } from "./testing/setting.ts";

/*
 * Each canonical part is once in the outgoing body or once in the warnings, and each part of an answer once in the response:
 * every part carries a mark of its own, and conversations of another wire are drawn at random.
 */

type Draw = (mark: string) => Part;

const sources: readonly ((mark: string) => MediaSource)[] = [
  (mark) => ({ kind: "base64", mediaType: "image/png", data: mark }),
  (mark) => ({ kind: "url", url: `https://x.test/${mark}` }),
  (mark) => ({ kind: "url", url: `gs://x/${mark}` }),
  (mark) => ({ kind: "file", id: mark }),
  (mark) => ({ kind: "text", text: mark, mediaType: "text/plain" }),
  (mark) => ({ kind: "parts", parts: [{ type: "text", text: mark }] }),
];
const origin = { wire: "anthropic-messages" };
const here = { wire: "openai-responses", provider: "openai" };
const draws: readonly Draw[] = [
  (mark) => ({ type: "text", text: mark }),
  (mark) => ({ type: "text", text: mark, cache: { ttl: "1h" } }),
  (mark) => ({ type: "refusal", text: mark }),
  (mark) => ({ type: "reasoning", text: mark, signature: "s", origin }),
  (mark) => ({ type: "reasoning", text: "", encrypted: mark, itemId: `rs_${mark.length}`, origin: here }),
  (mark) => ({ type: "opaque", origin, kind: "server_tool_use", value: { id: mark } }),
  (mark) => ({ type: "opaque", origin: here, kind: "web_search_call", value: { type: "web_search_call", id: mark } }),
  (mark) => ({ type: "audio", id: mark }),
  ...sources.flatMap((source): Draw[] => [
    (mark) => ({ type: "image", source: source(mark) }),
    (mark) => ({ type: "audio", source: source(mark), format: "wav" }),
    (mark) => ({ type: "video", source: source(mark) }),
    (mark) => ({ type: "document", source: source(mark) }),
  ]),
];
const pick = (number: number): Draw => draws[number] ?? ((mark) => ({ type: "text", text: mark }));
const drawn = fc.array(fc.nat({ max: draws.length - 1 }), { maxLength: 4 });
const turns = fc.array(
  fc.record({ user: drawn, assistant: drawn, calls: fc.array(drawn, { maxLength: 3 }), system: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
);

/** A legal conversation, and for each part the places it may be reported at: its own, or its message's. */
function conversation(from: typeof turns extends fc.Arbitrary<infer T> ? T : never) {
  const messages: Message[] = [];
  const marks = new Map<string, string>();
  let count = 0;
  const add = (role: Message["role"], parts: readonly ((place: string) => Part)[]): void => {
    messages.push({ role, content: parts.map((part, at) => part(`messages[${messages.length}].content[${at}]`)) });
  };
  const marked =
    (draw: Draw) =>
    (place: string): Part => {
      const mark = `mark${++count}end`;
      marks.set(mark, place);
      return draw(mark);
    };
  for (const [number, { user, assistant, calls, system }] of from.entries()) {
    if (system) add("system", [marked(pick(0))]);
    add("user", [marked(pick(0)), ...user.map((one) => marked(pick(one)))]);
    const ids = calls.map((_, at) => `call${number}x${at}`);
    const made = ids.map((id) => marked((mark) => ({ type: "tool-call", id, name: "f", arguments: JSON.stringify({ mark }) })));
    add("assistant", [...assistant.map((one) => marked(pick(one))), ...made]);
    const results = ids.map((toolCallId, at) => (place: string): Part => {
      const content = (calls[at] ?? []).map((one, index) => marked(pick(one))(`${place}.content[${index}]`));
      return { type: "tool-result", toolCallId, content };
    });
    if (ids.length > 0) add("user", results.reverse());
  }
  return { messages, marks };
}

/** Written apart from the codec: every output answers a call before it, and nothing is said between a call and its output. */
function assertOrder(items: readonly JsonObject[]): void {
  let due: string[] = [];
  for (const item of items) {
    const { type, call_id: id } = item;
    if (type === "function_call") due.push(String(id));
    else if (type === "function_call_output") {
      assert.ok(due.includes(String(id)));
      due = due.filter((one) => one !== id);
    } else if (item["role"] === "user") assert.deepEqual(due, [], "a message between a call and its output");
  }
  assert.deepEqual(due, []);
}

test("every part of a request is once in the body or once in the warnings, in an order the API takes", () => {
  fc.assert(
    fc.property(turns, (from) => {
      const { messages, marks } = conversation(from);
      const { body, warnings, input } = encode(foreign({ messages }));
      const sent = JSON.stringify(body);
      for (const [mark, place] of marks) {
        const times = sent.split(mark).length - 1;
        const message = place.slice(0, place.indexOf("]") + 1);
        const lost = warnings.some(
          ({ kind, at, code }) => kind === "dropped" && (at === place || (at === message && code === "foreign_reasoning")),
        );
        assert.ok(
          times === 1 || (times === 0 && lost),
          `${place}: ${times} times in the body, ${lost ? "" : "not "}in the warnings`,
        );
      }
      assertOrder(input);
    }),
    { numRuns: 400 },
  );
});

test("every part of an answer is once in the response or is reported, streamed in any order of its pieces", async () => {
  const parts = fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 6 });
  const seed = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(parts, seed, async (from, luck) => {
      let count = 0;
      const content = from.map((number): Part => {
        const mark = `mark${++count}end`;
        return number === 8 ? { type: "tool-call", id: mark, name: "f", arguments: "{}" } : pick(number)(mark);
      });
      const finish = { reason: "stop" as const, raw: null };
      const reported = (codes: readonly string[]): boolean => codes.some((code) => /hidden|audio/.test(code));
      const writer = encoder();
      const whole = JSON.stringify(writer.whole({ choices: [{ index: 0, content, finish }] }));
      const stream = encoder();
      const events = shuffled(explode({ choices: [{ index: 0, content, finish }] }), luck).flatMap((chunk) => [
        ...stream.push(chunk),
      ]);
      const final = await sdkStream([...events, ...stream.end(finished)]);
      assert(isObject(final) && isArray(final["output"]));
      const told = JSON.stringify(plain(final["output"]));
      for (const [at] of content.entries()) {
        const mark = `mark${at + 1}end`;
        assert.ok(whole.split(mark).length === 2 || reported(writer.warnings.map(({ code }) => code)), `${mark} whole`);
        assert.ok(told.split(mark).length === 2 || reported(stream.warnings.map(({ code }) => code)), `${mark} streamed`);
      }
    }),
    { numRuns: 150 },
  );
});

/** The chunks with those of different parts mingled, each part's own in their order. */
function shuffled(chunks: readonly ChatChunk[], luck: readonly number[]): ChatChunk[] {
  const queues = new Map<number, ChatChunk[]>();
  const out: ChatChunk[] = [];
  const last: ChatChunk[] = [];
  for (const chunk of chunks) {
    if ("part" in chunk) queues.set(chunk.part, [...(queues.get(chunk.part) ?? []), chunk]);
    else (chunk.type === "start" ? out : last).push(chunk);
  }
  for (let turn = 0; queues.size > 0; turn++) {
    const keys = [...queues.keys()];
    const key = keys[(luck[turn % luck.length] ?? 0) % keys.length] ?? 0;
    const next = queues.get(key)?.shift();
    if (next === undefined) queues.delete(key);
    else out.push(next);
  }
  return [...out, ...last];
}
