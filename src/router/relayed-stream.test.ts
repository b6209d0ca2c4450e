import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { cancelled, type Terminal } from "../canonical/terminal.ts";
import { gemini } from "../wires/gemini/index.ts";
import type { Observed } from "../wires/wire.ts";
import { RelayedStream } from "./relayed-stream.ts";
import { ScriptedBody, type ScriptedRead } from "./testing/scripted-body.ts";

/** Gemini's event with the n-th word: usage is counted anew in each. */
const word = (n: number, end = "\n\n"): string => {
  const parts = [{ text: `word ${n}` }];
  const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: n, totalTokenCount: 100 + n };
  return `data: ${JSON.stringify({ candidates: [{ content: { parts }, index: 0 }], usageMetadata })}${end}`;
};

function streamOf(reads: readonly ScriptedRead[]) {
  const codec = gemini.codecs.chat;
  assert.ok(codec?.relay);
  const source = { wire: "gemini", path: "", query: "", headers: {}, body: Buffer.from("{}"), json: {}, members: new Map() };
  const { relay, decoder } = codec.relay(source, { provider: "g", model: "m", stream: true, callId: "call_1", quirks: {} });
  const settled: { readonly terminal: Terminal["kind"]; readonly output: number | undefined }[] = [];
  const settle = ({ kind }: Terminal, { usage }: Observed) => settled.push({ terminal: kind, output: usage?.outputVisible });
  return { settled, stream: new RelayedStream<"chat">(new ScriptedBody(reads), relay, decoder, "call_1", settle) };
}

const bytes = (...frames: readonly string[]): Buffer => Buffer.from(frames.join(""));

const failed = 'data: {"error":{"code":503,"message":"x"}}\n\n';

describe("a relayed stream that breaks off is booked with the last usage it told", () => {
  const broken = new GatewayError("truncated", "It broke.");
  const cases: { readonly [how: string]: { readonly reads: readonly ScriptedRead[]; readonly end: Terminal["kind"] } } = {
    "a frame a read": { reads: [bytes(word(1)), bytes(word(2)), bytes(word(3)), broken], end: "truncated" },
    "many frames a read": { reads: [bytes(word(1), word(2)), bytes(word(2), word(3)), broken], end: "truncated" },
    "lines that end in CRLF": { reads: [bytes(word(1, "\r\n\r\n")), bytes(word(3, "\r\n\r\n")), broken], end: "truncated" },
    "half a frame behind it": { reads: [bytes(word(1)), bytes(word(3), word(4).slice(0, 20))], end: "truncated" },
    "a comment behind it": { reads: [bytes(word(1)), bytes(word(3), ": still here\n\n"), broken], end: "truncated" },
    "its blank line missing": { reads: [bytes(word(1)), bytes(word(2), word(3, ""))], end: "truncated" },
    "an error event": { reads: [bytes(word(1)), bytes(word(3)), bytes(failed)], end: "error" },
    "an error event in the same read": { reads: [bytes(word(1)), bytes(word(2)), bytes(word(3), failed)], end: "error" },
  };
  for (const [how, { reads, end }] of Object.entries(cases)) {
    it(how, async () => {
      const { stream, settled } = streamOf(reads);
      await stream.open();
      while ((await stream.next()).done !== true);
      assert.deepEqual(settled, [{ terminal: end, output: 3 }]);
    });
  }

  it("by its caller", async () => {
    const { stream, settled } = streamOf([bytes(word(1)), bytes(word(3)), "…"]);
    await stream.open();
    for (let step = 0; step < 2; step++) await stream.next();
    await stream.return(cancelled);
    assert.deepEqual(settled, [{ terminal: "cancelled", output: 3 }]);
  });
});
