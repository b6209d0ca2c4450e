import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatChunk } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Part } from "../../canonical/parts.ts";
import { finished, type Terminal } from "../../canonical/terminal.ts";
import { object } from "../shared/read.ts";
import { parsed } from "../shared/testing/codec.ts";
import { decoder, encoder, textOf } from "./testing/setting.ts";

const begin: ChatChunk = { type: "start", head: { id: "chatcmpl-1", model: "gpt" } };
const open = (part: number, content: Part): ChatChunk => ({ type: "part-start", choice: 0, part, content });
const call = (id: string): Part => ({ type: "tool-call", id, name: `f_${id}`, arguments: "" });
const args = (part: number, text: string): ChatChunk => ({
  type: "part-delta",
  choice: 0,
  part,
  delta: { type: "arguments", text },
});
const text = (part: number, text: string): ChatChunk => ({ type: "part-delta", choice: 0, part, delta: { type: "text", text } });
const close = (part: number): ChatChunk => ({ type: "part-end", choice: 0, part });
const finish: ChatChunk = { type: "finish", choice: 0, finish: { reason: "tool-calls", raw: "tool_calls" } };
const counts = {
  inputUncached: 5,
  cacheRead: 2,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  outputVisible: 7,
  outputReasoning: 0,
  raw: null,
};

function write(chunks: readonly ChatChunk[], terminal: Terminal = finished) {
  const writer = encoder();
  const events = [...chunks.flatMap((chunk) => writer.push(chunk)), ...writer.end(terminal)];
  return {
    events,
    bodies: parsed(events),
    types: events.map(({ event }) => event),
    codes: writer.warnings.map(({ code }) => code),
  };
}

/** Complaints about the order of a stream's events: one message, blocks strictly serial and numbered from 0. */
function disorder(bodies: ReturnType<typeof parsed>): readonly string[] {
  const found: string[] = [];
  let current: unknown;
  let next = 0;
  bodies.forEach((body, at) => {
    const { type, index } = body;
    if ((type === "message_start") !== (at === 0)) found.push(`${at}: ${String(type)}`);
    if (type === "content_block_start") {
      if (current !== undefined || index !== next++) found.push(`${at}: start of ${String(index)}`);
      current = index;
    } else if (type === "content_block_delta" && index !== current) found.push(`${at}: delta of ${String(index)}`);
    else if (type === "content_block_stop") {
      if (index !== current) found.push(`${at}: stop of ${String(index)}`);
      current = undefined;
    } else if (type === "message_delta" && current !== undefined) found.push(`${at}: message_delta inside a block`);
    if ((type === "message_stop") !== (at === bodies.length - 1)) found.push(`${at}: message_stop`);
  });
  return found;
}

test("interleaved parallel calls are told one after the other", () => {
  const { bodies, types } = write([
    begin,
    open(0, call("a")),
    open(1, call("b")),
    ...[args(0, '{"x"'), args(1, '{"y"'), args(0, ":1}"), args(1, ":2}"), close(0), close(1)],
    finish,
    { type: "usage", usage: counts },
  ]);
  assert.deepEqual(disorder(bodies), []);
  assert.deepEqual(types, [
    "message_start",
    ...["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"],
    ...["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"],
    ...["message_delta", "message_stop"],
  ]);
  const delta = bodies.at(-2);
  assert.deepEqual(delta?.["delta"], { stop_reason: "tool_use", stop_sequence: null, stop_details: null, container: null });
  assert.deepEqual(delta?.["usage"], {
    ...{ input_tokens: 5, cache_read_input_tokens: 2, cache_creation_input_tokens: 0, output_tokens: 7 },
    ...{ output_tokens_details: null, server_tool_use: null },
  });
});

/** Any interleaving of up to four parts, some of which never end. */
const script = fc
  .array(fc.tuple(fc.nat(3), fc.constantFrom("delta", "end"), fc.string({ maxLength: 3 })), { maxLength: 40 })
  .chain((steps) =>
    fc
      .array(fc.constantFrom("text", "tool", "thought", "opaque"), { minLength: 4, maxLength: 4 })
      .map((kinds) => ({ steps, kinds })),
  );

const made = (kind: string | undefined, part: number): Part => {
  if (kind === "tool") return call(`t${part}`);
  if (kind === "thought") return { type: "reasoning", text: "", origin: { wire: "anthropic-messages" } };
  if (kind === "opaque") return { type: "opaque", origin: { wire: "anthropic-messages" }, kind: "x", value: { type: "x", part } };
  return { type: "text", text: "" };
};

function chunksOf(steps: readonly (readonly [number, string, string])[], kinds: readonly string[]): ChatChunk[] {
  const chunks: ChatChunk[] = [begin];
  const state = new Map<number, "open" | "closed">();
  for (const [part, what, word] of steps) {
    const kind = kinds[part];
    if (!state.has(part)) chunks.push(open(part, made(kind, part)));
    if (state.get(part) === "closed") continue;
    state.set(part, what === "end" ? "closed" : "open");
    if (what === "end") chunks.push(close(part));
    else if (kind === "tool") chunks.push(args(part, JSON.stringify(word)));
    else if (kind === "thought") chunks.push({ type: "part-delta", choice: 0, part, delta: { type: "reasoning", text: word } });
    else if (kind === "text") chunks.push(text(part, word));
  }
  return [...chunks, finish];
}

test("whatever the interleaving: serial blocks, and every byte arrives", () => {
  fc.assert(
    fc.property(script, ({ steps, kinds }) => {
      const chunks = chunksOf(steps, kinds);
      const { events, bodies } = write(chunks);
      assert.deepEqual(disorder(bodies), []);
      const reader = decoder();
      const back = accumulate(events.flatMap((event) => reader.push(event)));
      const told = accumulate(chunks);
      const parts = (of: typeof back) =>
        (of.choices[0]?.content ?? [])
          .map((part) => (part.type === "tool-call" ? part.arguments || "{}" : "text" in part ? part.text : part.type))
          .sort();
      assert.deepEqual(parts(back), parts(told));
    }),
    { numRuns: 300 },
  );
});

test("a turn with calls never ends by itself: one left unfinished was cut; whole answers likewise", () => {
  const told = (reason: "stop" | "other", part: Part): readonly unknown[] => {
    const finish = { reason, raw: null };
    const { bodies } = write([begin, open(0, part), args(0, "{}"), close(0), { type: "finish", choice: 0, finish }]);
    return [
      object(bodies.at(-2)?.["delta"])?.["stop_reason"],
      encoder().whole({ choices: [{ index: 0, content: [part], finish }] })["stop_reason"],
    ];
  };
  assert.deepEqual(told("stop", call("a")), ["tool_use", "tool_use"]);
  assert.deepEqual(told("other", call("a")), ["max_tokens", "max_tokens"]);
  assert.deepEqual(told("other", { type: "text", text: "" }), ["end_turn", "end_turn"]);
});

test("only a finished or limited answer ends with message_stop; else one error event, or none", () => {
  const body = [begin, open(0, { type: "text", text: "" }), text(0, "hi")];
  const error = new GatewayError("truncated", "The provider's connection ended early.");
  const cut = write(body, { kind: "truncated", error });
  assert.deepEqual(cut.types.slice(-1), ["error"]);
  assert(!cut.types.includes("message_stop"));
  assert.deepEqual(write(body, { kind: "cancelled" }).types.slice(-1), ["content_block_delta"]);
  const limited = write(body, { kind: "limited" });
  assert.deepEqual(disorder(limited.bodies), []);
  assert.deepEqual(limited.bodies.at(-2)?.["delta"], {
    stop_reason: "max_tokens",
    stop_sequence: null,
    stop_details: null,
    container: null,
  });
  const twice = write([...body, { type: "error", error }], { kind: "error", error });
  assert.equal(twice.types.filter((type) => type === "error").length, 1);
  assert.deepEqual(write([]).types, ["message_start", "message_delta", "message_stop"]);
});

test("whole and streamed, reasoning without a signature, refusals and further choices", () => {
  const content: readonly Part[] = [
    { type: "reasoning", text: "hm" },
    { type: "reasoning", text: "", encrypted: "e", origin: { wire: "openai-responses" } },
    { type: "refusal", text: "no" },
    { type: "tool-call", id: "functions.a:0", name: "a", arguments: "" },
    { type: "tool-call", id: "b", name: "b", arguments: '{"cut' },
  ];
  const choice = { index: 0, content, finish: { reason: "stop" as const, raw: "stop" } };
  const writer = encoder();
  const whole = writer.whole({ choices: [choice, { ...choice, index: 1 }], usage: counts });
  assert.deepEqual(whole["content"], [
    { type: "thinking", thinking: "hm", signature: "" },
    { type: "text", text: "no" },
    { type: "tool_use", id: "pgid_functions-2e-a-3a-0", name: "a", input: {}, caller: { type: "direct" } },
    { type: "tool_use", id: "b", name: "b", input: { INVALID_JSON: '{"cut' }, caller: { type: "direct" } },
  ]);
  assert.equal(whole["stop_reason"], "refusal");
  assert.equal(whole["id"], "msg_ours");
  assert.deepEqual(
    writer.warnings.map(({ code }) => code),
    ["choice_unseen", "reasoning_signature_hidden", "tool_arguments_invalid"],
  );
});

test("a signature is told once, at the end of its block", () => {
  const sign = (signature: string): ChatChunk => ({
    type: "part-delta",
    choice: 0,
    part: 0,
    delta: { type: "signature", signature },
  });
  const { bodies } = write([begin, open(0, { type: "reasoning", text: "a", signature: "s1" }), sign("s2"), close(0)]);
  assert.deepEqual(
    bodies.flatMap((body) => (body["type"] === "content_block_delta" ? [body["delta"]] : [])),
    [
      { type: "thinking_delta", thinking: "a" },
      { type: "signature_delta", signature: "s1s2" },
    ],
  );
});

test("the keep-alive is a ping, and usage known at the start stands in message_start", () => {
  assert.deepEqual(encoder().keepAlive, { event: "ping", data: '{"type":"ping"}' });
  const { bodies } = write([begin, { type: "usage", usage: counts }, open(0, { type: "text", text: "x" })]);
  const message = bodies[0]?.["message"];
  assert.match(JSON.stringify(message), /"input_tokens":5/);
  assert.match(JSON.stringify(message), /"model":"gpt"/);
  const reader = decoder();
  assert.equal(textOf(accumulate(bodies.flatMap((body) => reader.push({ data: JSON.stringify(body) })))), "x");
});

test("a custom tool's free text is one member of an object, however it is cut", () => {
  const custom: Part = { type: "tool-call", id: "c", name: "sql", arguments: "SELECT ", kind: "custom" };
  const pieces = ['"a"', "\n\ud83d", "\ude00", "\\"];
  const { bodies } = write([begin, open(0, custom), ...pieces.map((piece) => args(0, piece)), close(0), finish]);
  assert.deepEqual(disorder(bodies), []);
  const json = bodies.map((body) => object(body["delta"])?.["partial_json"] ?? "").join("");
  assert.deepEqual(JSON.parse(json), { input: 'SELECT "a"\n\u{1f600}\\' });
  assert.deepEqual(
    JSON.parse(
      write([begin, open(0, { ...custom, arguments: "" }), close(0), finish])
        .bodies.map((body) => object(body["delta"])?.["partial_json"] ?? "")
        .join(""),
    ),
    { input: "" },
  );
});
