import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ChatChunk } from "../../canonical/chat.ts";
import { explode } from "../../canonical/explode.ts";
import { isArray, isObject, type JsonObject } from "../../canonical/json.ts";
import { finished } from "../../canonical/terminal.ts";
import { plain } from "../shared/testing/codec.ts";
import { conversations, type Draw, draws } from "../shared/testing/marked.ts";
import { sdkStream } from "./testing/sdk.ts";
import { encode, encoder, foreign } from "./testing/setting.ts";

const origin = { wire: "openai-responses", provider: "openai" };
/** What this wire's own providers made, and a part of every kind of others. */
const all: readonly Draw[] = [
  (mark) => ({ type: "reasoning", text: "", encrypted: mark, itemId: `rs_${mark.length}`, origin }),
  (mark) => ({ type: "opaque", origin, kind: "web_search_call", value: { type: "web_search_call", id: mark } }),
  ...draws({ wire: "anthropic-messages" }),
];

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
    fc.property(conversations(all), ({ messages, marks }) => {
      const { body, warnings, input } = encode(foreign({ messages }));
      const sent = JSON.stringify(body);
      for (const [mark, place] of marks) {
        const times = sent.split(mark).length - 1;
        const message = place.slice(0, place.indexOf("]") + 1);
        const lost = warnings.some(
          ({ kind, at, code }) => kind === "dropped" && (at === place || (at === message && code === "reasoning_dropped")),
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
  const call: Draw = (id) => ({ type: "tool-call", id, name: "f", arguments: "{}" });
  const parts = fc.array(fc.constantFrom(call, ...all.slice(0, 9)), { minLength: 1, maxLength: 6 });
  const seed = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(parts, seed, async (from, luck) => {
      const content = from.map((draw, at) => draw(`mark${at + 1}end`));
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
