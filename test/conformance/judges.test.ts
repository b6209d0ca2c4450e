import assert from "node:assert/strict";
import { dirname, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { WireEvent } from "../../src/canonical/event.ts";
import { expectation } from "./cells/decode.ts";
import { find, load } from "./loader.ts";
import { anthropicOrderFaults } from "./order-anthropic.ts";
import { geminiOrderFaults } from "./order-gemini.ts";
import { openaiOrderFaults } from "./order-openai.ts";
import { responsesOrderFaults } from "./order-responses.ts";
import { compare } from "./reading.ts";
import { reasonedFrames } from "./reasons.ts";
import { sdkStream } from "./sdk-read.ts";
import { naiveEvents, naiveFrames } from "./sse.ts";

/* The judges must be able to say no. */

const fixtures = resolve(dirname(fileURLToPath(import.meta.url)), "../fixtures");
const exchanges = find(fixtures, true).flatMap(load);

function stream(wire: string, name: string): string {
  const found = exchanges.find((one) => one.wire === wire && one.id === `polygate.${name}`);
  assert.ok(found?.stream, name);
  return found.stream;
}

const anthropicEvents = naiveEvents(stream("anthropic-messages", "tools-stream"));
const openaiEvents = naiveEvents(stream("openai-chat", "tools-parallel-stream"));

test("well-formed streams are in order", () => {
  assert.deepEqual(anthropicOrderFaults(anthropicEvents, true), []);
  assert.deepEqual(openaiOrderFaults(openaiEvents, true, true), []);
});

test("an Anthropic stream with any one event missing, but a ping or a delta, is out of order", () => {
  for (const [at, event] of anthropicEvents.entries()) {
    if (event.event === "ping" || event.event === "content_block_delta") continue;
    const rest = anthropicEvents.filter((_, i) => i !== at);
    assert.notDeepEqual(anthropicOrderFaults(rest, true), [], `without ${event.event} at ${at}`);
  }
});

test("an Anthropic stream with any two unlike neighbours swapped is out of order", () => {
  for (let at = 0; at + 1 < anthropicEvents.length; at++) {
    const [a, b] = [anthropicEvents[at], anthropicEvents[at + 1]];
    if (!a || !b || a.event === b.event || a.event === "ping" || b.event === "ping") continue;
    const swapped = anthropicEvents.with(at, b).with(at + 1, a);
    assert.notDeepEqual(anthropicOrderFaults(swapped, true), [], `${a.event} and ${b.event} at ${at}`);
  }
});

test("an Anthropic stream that calls a tool and ends its turn is out of order", () => {
  const ended = anthropicEvents.map((event) => ({
    ...event,
    data: event.data.replace('"tool_use","stop_seq', '"end_turn","stop_seq'),
  }));
  assert.deepEqual(anthropicOrderFaults(ended, true), ["stop_reason end_turn with a tool_use block"]);
});

test("an OpenAI stream without its first, finish or last event, or with one of them twice, is out of order", () => {
  const key: readonly (readonly [string, (event: WireEvent) => boolean])[] = [
    ["role", (event) => event.data.includes('"role"')],
    ["first delta of a call", (event) => event.data.includes('"id":"call_A1"')],
    ["finish", (event) => event.data.includes('"finish_reason":"tool_calls"')],
    ["[DONE]", (event) => event.data === "[DONE]"],
  ];
  for (const [name, is] of key) {
    const at = openaiEvents.findIndex(is);
    const event = openaiEvents[at];
    assert.ok(event, name);
    assert.notDeepEqual(openaiOrderFaults(openaiEvents.toSpliced(at, 1), true, true), [], `without ${name}`);
    assert.notDeepEqual(openaiOrderFaults(openaiEvents.toSpliced(at, 0, event), true, true), [], `${name} twice`);
  }
});

const responsesEvents = naiveEvents(stream("openai-responses", "tools-stream"));
const spokenEvents = naiveEvents(stream("openai-responses", "text-stream"));
const complete = { complete: true };

test("well-formed Responses and Gemini streams are in order", () => {
  for (const { wire, stream: text, id } of exchanges) {
    if (text === undefined || /midstream|truncated/.test(id)) continue;
    if (wire === "openai-responses") assert.deepEqual(responsesOrderFaults(naiveEvents(text), complete), [], id);
    if (wire === "gemini") assert.deepEqual(geminiOrderFaults(naiveEvents(text), true), [], id);
  }
});

test("a Responses stream with any one event missing or twice, or two unlike neighbours swapped, is out of order", () => {
  for (const events of [responsesEvents, spokenEvents]) {
    for (const [at, event] of events.entries()) {
      assert.notDeepEqual(responsesOrderFaults(events.toSpliced(at, 1), complete), [], `without ${event.event} at ${at}`);
      assert.notDeepEqual(responsesOrderFaults(events.toSpliced(at, 0, event), complete), [], `${event.event} twice`);
      const next = events[at + 1];
      if (!next) continue;
      const swapped = events.with(at, next).with(at + 1, event);
      assert.notDeepEqual(responsesOrderFaults(swapped, complete), [], `${event.event} and ${next.event}`);
    }
  }
});

test("even without sequence numbers a Responses stream says what is missing", () => {
  const numbered = (events: readonly WireEvent[]) =>
    events.map((event, at) => ({ ...event, data: event.data.replace(/"sequence_number": ?\d+/, `"sequence_number":${at}`) }));
  for (const events of [responsesEvents, spokenEvents]) {
    for (const [at, event] of events.entries()) {
      if (event.event === "response.in_progress" || event.event === "response.output_text.annotation.added") continue;
      const rest = numbered(events.toSpliced(at, 1));
      assert.notDeepEqual(responsesOrderFaults(rest, complete), [], `without ${event.event} at ${at}`);
    }
  }
});

test("a Gemini stream without its end, with words after it, or with an error in it is out of order", () => {
  const events = naiveEvents(stream("gemini", "thinking-stream"));
  const last = events.at(-1);
  assert.ok(last);
  assert.notDeepEqual(geminiOrderFaults(events.slice(0, -1), true), []);
  assert.notDeepEqual(geminiOrderFaults([...events, last], true), []);
  assert.notDeepEqual(geminiOrderFaults(events, false), []);
  const error = { data: '{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}' };
  assert.notDeepEqual(geminiOrderFaults([...events, error], true), []);
  assert.deepEqual(geminiOrderFaults([...events.slice(0, 2), error, { event: "error", ...error }], false), []);
  assert.notDeepEqual(geminiOrderFaults([...events.slice(0, 2), { event: "error", ...error }], false), []);
});

test("usage that nobody asked for, usage twice, and an end marker after an error are faults", () => {
  assert.notDeepEqual(openaiOrderFaults(openaiEvents, false, true), []);
  const usage = openaiEvents.findIndex((event) => event.data.includes('"choices":[]'));
  const event = openaiEvents[usage];
  assert.ok(event);
  assert.notDeepEqual(openaiOrderFaults(openaiEvents.toSpliced(usage, 0, event), true, true), []);
  const failed = [...openaiEvents.slice(0, 2), { data: '{"error":{"message":"x"}}' }, { data: "[DONE]" }];
  assert.notDeepEqual(openaiOrderFaults(failed, true, false), []);
});

test("what the official SDKs make of our fixtures is what the small readers read", async () => {
  for (const exchange of exchanges) {
    const expected = expectation(exchange);
    if (!expected || exchange.stream === undefined || expected.error || !expected.ended) continue;
    const broken = expected.choices.some((one) => one.finish === "length" && one.calls.length > 0);
    if (broken) continue;
    const diffs = compare(
      "sdk",
      { ...expected, choices: expected.choices.map((one) => ({ ...one, opaque: [] })) },
      await sdkStream(exchange.wire, reasonedFrames(exchange.wire, naiveFrames(exchange.stream)).join("")),
    );
    assert.deepEqual(
      diffs.filter((one) => !one.check.includes("opaque")),
      [],
      exchange.id,
    );
  }
});

test("a reading that differs in one place is told apart", () => {
  const exchange = exchanges.find((one) => one.id === "polygate.tools" && one.wire === "anthropic-messages");
  assert.ok(exchange);
  const expected = expectation(exchange);
  assert.ok(expected?.usage && expected.choices[0]);
  const { usage } = expected;
  const choice = expected.choices[0];
  assert.deepEqual(compare("same", expected, expected), []);
  const variants = [
    { ...expected, usage: { ...usage, output: usage.output + 1 } },
    { ...expected, usage: undefined },
    { ...expected, choices: [] },
    ...[
      { text: "" },
      { reasoning: "x" },
      { finish: "stop" as const },
      { calls: choice.calls.slice(1) },
      { calls: choice.calls.toReversed() },
    ].map((change) => ({ ...expected, choices: [{ ...choice, ...change }] })),
  ];
  for (const variant of variants) assert.notDeepEqual(compare("other", expected, variant), [], JSON.stringify(variant));
});

test("frames put together again are the stream, whatever its line ends", () => {
  for (const { stream: text } of exchanges) {
    if (text === undefined) continue;
    assert.equal(naiveFrames(text).join(""), text);
    const crlf = text.replace(/\r\n|\n/g, "\r\n");
    assert.deepEqual(naiveEvents(crlf), naiveEvents(text));
  }
});
