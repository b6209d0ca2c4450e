import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { accumulate } from "../canonical/accumulate.ts";
import type { ChatChunk } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import { cancelled, type Terminal } from "../canonical/terminal.ts";
import type { Observed } from "../wires/wire.ts";
import { planner } from "./plan.ts";
import { prepare } from "./prepare.ts";
import { RelayedStream } from "./relayed-stream.ts";
import { callOf, settled, twoProviders, wires } from "./testing/calls.ts";
import { ScriptedBody, type ScriptedRead } from "./testing/scripted-body.ts";
import { type Answer, anthropicAnswer, openaiAnswer } from "./testing/streams.ts";
import { TranslatedStream } from "./translated-stream.ts";
import type { UpstreamStream } from "./upstream-stream.ts";

interface Leg {
  readonly caller: "openai" | "anthropic";
  readonly provider: "oai" | "ant";
  readonly answer: Answer;
}

const legs: readonly Leg[] = (["openai", "anthropic"] as const).flatMap((caller) => [
  { caller, provider: "oai" as const, answer: openaiAnswer },
  { caller, provider: "ant" as const, answer: anthropicAnswer },
]);
const relayed = ({ caller, provider }: Leg): boolean => (caller === "openai") === (provider === "oai");

/** A stream as an attempt would build it, and how often it has settled. */
function streamOf(leg: Leg, body: ScriptedBody) {
  const wire = wires[leg.caller];
  assert.ok(wire);
  const call = callOf(wire, `${leg.provider}/m`);
  const candidate = planner(twoProviders)(call).candidates[0];
  const codec = candidate?.endpoint.wire.codecs.chat;
  assert.ok(candidate && codec);
  const { relay, decoder } = prepare(call, candidate, codec);
  const settled: { readonly terminal: Terminal; readonly facts: Observed }[] = [];
  const onTerminal = (terminal: Terminal, facts: Observed): void => void settled.push({ terminal, facts: { ...facts } });
  const stream: UpstreamStream<"chat"> =
    relay === undefined
      ? new TranslatedStream<"chat">(body, decoder(), onTerminal)
      : new RelayedStream<"chat">(body, relay, decoder, call.id, onTerminal);
  return { stream, settled };
}

/** How the provider goes on after its bytes. */
const ends = ["fin", "truncated", "timeout", "cancelled", "error-event", "silence"] as const;

interface Case {
  readonly leg: Leg;
  /** Frames sent whole. */
  readonly frames: number;
  /** Of the next frame so much is sent too, from 0 up to 1. */
  readonly part: number;
  readonly cuts: readonly number[];
  readonly comments: readonly number[];
  readonly end: (typeof ends)[number];
}

const cases = fc.record({
  leg: fc.constantFrom(...legs),
  frames: fc.nat(10),
  part: fc.constantFrom(0, 0, 0.3, 0.9, 0.999),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
  comments: fc.array(fc.nat(9), { maxLength: 3 }),
  end: fc.constantFrom(...ends),
});

function script({ leg: { answer }, frames, part, cuts, comments, end }: Case) {
  const sent = answer.frames.slice(0, frames);
  const count = sent.length;
  const text = sent.map((frame, at) => (comments.includes(at) ? `: still here\n\n${frame}` : frame)).join("");
  const next = answer.frames[count] ?? "";
  const half = next.slice(0, Math.floor(next.length * (end === "error-event" ? 0 : part)));
  const bytes = Buffer.from(text + half + (end === "error-event" ? answer.error : ""));
  const places = [...new Set([0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length])].sort((a, b) => a - b);
  const reads: ScriptedRead[] = places.slice(1).map((to, at) => bytes.subarray(places[at] ?? 0, to));
  if (end === "truncated" || end === "timeout" || end === "cancelled") reads.push(new GatewayError(end, "It broke."));
  else if (end === "silence") reads.push("…");
  // The end of the body closes a frame that lacks only its blank line; a broken connection does not.
  const closed = end === "fin" && half !== "" && half.length >= next.length - 2 ? count + 1 : count;
  return { reads, text, half, count: closed };
}

function expected({ leg: { answer }, end }: Case, count: number): Terminal["kind"] | "rejected" {
  if (count === answer.frames.length) return end === "error-event" ? "error" : "finished";
  if (count <= answer.preamble) return "rejected";
  if (end === "error-event") return "error";
  if (end === "cancelled" || end === "silence") return "cancelled";
  if (count >= answer.whole) return "finished";
  return end === "timeout" ? "error" : "truncated";
}

async function readOut(stream: UpstreamStream<"chat">, decode: boolean) {
  const raw: Uint8Array[] = [];
  const chunks: ChatChunk[] = [];
  for (;;) {
    const step = await stream.next();
    if (step.done === true) return { terminal: step.value, chunks, text: Buffer.concat(raw).toString() };
    assert.ok(step.value.length > 0, "an empty batch");
    for (const item of step.value) {
      if (item.raw !== undefined) raw.push(item.raw);
      if (decode) chunks.push(...item.chunks());
    }
  }
}

const said = (chunks: readonly ChatChunk[]): string =>
  (accumulate(chunks).choices[0]?.content ?? [])
    .map((part) => (part.type === "text" ? part.text : part.type === "tool-call" ? part.arguments : ""))
    .join("");

describe("a provider's stream, however it is cut and however it fails", () => {
  it("has one terminal and one settlement, loses nothing, repeats nothing", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const { leg, end } = one;
        const { reads, text, half, count } = script(one);
        const done = count === leg.answer.frames.length;
        fc.pre(!(done && (end === "error-event" || end === "silence")));
        const body = new ScriptedBody(reads);
        const { stream, settled } = streamOf(leg, body);
        const opened = stream.open().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (end === "silence") setImmediate(() => body.cancel());
        const refusal = await opened;
        const kind = expected(one, count);
        if (kind === "rejected") {
          assert.ok(refusal instanceof GatewayError);
          assert.equal(settled.length, 0);
          return;
        }
        assert.equal(refusal, undefined);
        const { terminal, chunks, text: raw } = await readOut(stream, !relayed(leg));
        assert.equal(terminal.kind, kind);
        assert.deepEqual(
          settled.map((one) => one.terminal),
          [terminal],
        );
        assert.deepEqual(await stream.next(), { done: true, value: terminal });
        assert.deepEqual(await stream.return(cancelled), { done: true, value: terminal });
        assert.equal(settled.length, 1);
        const facts = settled[0]?.facts;
        assert.equal(facts?.model, "m-1");
        if (kind === "finished") assert.equal(facts?.finish?.reason, "tool-calls");
        if (relayed(leg)) {
          assert.ok(raw.startsWith(text));
          const more = raw.slice(text.length);
          if (kind === "finished" && end === "fin") assert.ok(more === "" || more === half, more);
          else if (kind === "finished") assert.equal(more, done ? "" : "data: [DONE]\n\n");
          else if (kind === "cancelled") assert.equal(more, "");
          else if (end === "error-event") assert.equal(more, leg.answer.error);
          else assert.equal(more.match(/"error"\s*:\s*\{/g)?.length, 1, more);
        } else {
          assert.equal(said(chunks), leg.answer.says.slice(0, count).join("") || undefined);
          assert.equal(chunks.filter(({ type }) => type === "start").length, 1);
          assert.equal(chunks.filter(({ type }) => type === "finish").length, kind === "finished" ? 1 : 0);
          assert.equal(chunks.filter(({ type }) => type === "error").length, 0);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("that its reader gives up is cancelled once, and reads no further", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...legs), fc.nat(6), async (leg, steps) => {
        const body = new ScriptedBody([...leg.answer.frames.slice(0, -1), "…"]);
        const { stream, settled } = streamOf(leg, body);
        await stream.open();
        for (let step = 0; step < steps; step++) await stream.next();
        const left = body.left;
        const terminal: Terminal = { kind: "error", error: new GatewayError("internal", "The encoder failed.") };
        assert.deepEqual(await stream.return(terminal), { done: true, value: terminal });
        assert.deepEqual(await stream.next(), { done: true, value: terminal });
        assert.deepEqual(await stream.return(cancelled), { done: true, value: terminal });
        assert.equal(settled.length, 1);
        assert.equal(body.cancelled, true);
        assert.equal(body.left, left);
      }),
      { numRuns: 60 },
    );
  });
});

it("an answer without content is whole too, when its connection fails after the finish reason", async () => {
  for (const leg of legs.filter(({ provider }) => provider === "oai")) {
    const frames = [leg.answer.frames[0] ?? "", leg.answer.frames[6] ?? ""];
    const { stream, settled } = streamOf(leg, new ScriptedBody([...frames, new GatewayError("timeout", "")]));
    await stream.open();
    const { terminal, text } = await readOut(stream, !relayed(leg));
    assert.equal(terminal.kind, "finished");
    assert.equal(settled.length, 1);
    // Without calls, their word means a plain stop (#7).
    if (relayed(leg)) assert.equal(text, `${frames.join("").replace('"tool_calls"', '"stop"')}data: [DONE]\n\n`);
    const given = streamOf(leg, new ScriptedBody([...frames, new GatewayError("cancelled", "")]));
    await assert.rejects(given.stream.open(), { code: "cancelled" });
    assert.equal(given.settled.length, 0);
  }
});

describe("after the end marker", () => {
  for (const leg of legs) {
    it(`${leg.caller} asks ${leg.provider}: the little that follows is read, so that the connection can serve again`, async () => {
      const body = new ScriptedBody([leg.answer.frames.join(""), ": bye\n\n"]);
      const { stream, settled: ended } = streamOf(leg, body);
      await stream.open();
      await settled();
      assert.equal(body.ended, true);
      assert.equal(body.cancelled, false);
      assert.equal(ended[0]?.terminal.kind, "finished");
    });
  }

  it("a provider that goes on and on is cut off", async () => {
    const [leg] = legs;
    assert.ok(leg);
    const body = new ScriptedBody([leg.answer.frames.join(""), ...Array.from({ length: 50 }, () => ": more\n\n")]);
    const { stream } = streamOf(leg, body);
    await stream.open();
    await settled();
    assert.equal(body.cancelled, true);
    assert.ok(body.left > 30);
  });
});

it("a long event in small pieces is put together without a promise for each", async () => {
  const [leg] = legs;
  assert.ok(leg);
  const big = `data: {"choices":[{"index":0,"delta":{"content":"${"x".repeat(20_000)}"}}]}\n\n`;
  const body = new ScriptedBody([...leg.answer.frames.slice(0, 2), ...big, ...leg.answer.frames.slice(2)]);
  const { stream } = streamOf(leg, body);
  await stream.open();
  const { text, terminal } = await readOut(stream, false);
  assert.ok(text.includes(big));
  assert.equal(terminal.kind, "finished");
});
