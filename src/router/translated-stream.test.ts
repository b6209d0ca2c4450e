import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatChunk } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import { cancelled, type Terminal } from "../canonical/terminal.ts";
import { gemini } from "../wires/gemini/index.ts";
import type { Observed } from "../wires/wire.ts";
import { ScriptedBody, type ScriptedRead } from "./testing/scripted-body.ts";
import { TranslatedStream } from "./translated-stream.ts";

/** Gemini's event with the n-th word: usage is counted anew in each. */
const word = (n: number): string => {
  const parts = [{ text: `word ${n}` }];
  const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: n, totalTokenCount: 100 + n };
  return `data: ${JSON.stringify({ candidates: [{ content: { parts }, index: 0 }], usageMetadata })}\n\n`;
};
const failed = 'data: {"error":{"code":503,"message":"x"}}\n\n';

function streamOf(reads: readonly ScriptedRead[]) {
  const codec = gemini.codecs.chat;
  assert.ok(codec);
  const request = { model: "m", messages: [{ role: "user", content: [{ type: "text", text: "hello" }] }] } as const;
  const target = { provider: "g", model: "m", stream: true, callId: "call_1", quirks: {} };
  const { decoder } = codec.encodeRequest(request, target);
  const settled: { readonly terminal: Terminal["kind"]; readonly output: number | undefined }[] = [];
  const settle = ({ kind }: Terminal, { usage }: Observed) => settled.push({ terminal: kind, output: usage?.outputVisible });
  return { settled, stream: new TranslatedStream<"chat">(new ScriptedBody(reads), decoder, settle) };
}

async function chunksOf(stream: TranslatedStream<"chat">): Promise<readonly ChatChunk[]> {
  const chunks: ChatChunk[] = [];
  await stream.open();
  for (let step = await stream.next(); step.done !== true; step = await stream.next()) {
    for (const item of step.value) chunks.push(...item.chunks());
  }
  return chunks;
}

describe("a translated stream that breaks off is booked with the last usage it counted, and its caller is told", () => {
  const broken = new GatewayError("truncated", "It broke.");
  const cases: { readonly [how: string]: { readonly reads: readonly ScriptedRead[]; readonly end: Terminal["kind"] } } = {
    "its connection": { reads: [word(1), word(2) + word(3), broken], end: "truncated" },
    "half a frame behind it": { reads: [word(1), word(3), word(4).slice(0, 20)], end: "truncated" },
    "an error event": { reads: [word(1), word(3), failed], end: "error" },
    "an error event in the same read": { reads: [word(1), word(2) + word(3) + failed], end: "error" },
  };
  for (const [how, { reads, end }] of Object.entries(cases)) {
    it(how, async () => {
      const { stream, settled } = streamOf(reads);
      const usages = (await chunksOf(stream)).flatMap((chunk) => (chunk.type === "usage" ? [chunk.usage.outputVisible] : []));
      assert.deepEqual(settled, [{ terminal: end, output: 3 }]);
      assert.deepEqual(usages, [3]);
    });
  }

  it("by its caller", async () => {
    const { stream, settled } = streamOf([word(1), word(3), "…"]);
    await stream.open();
    for (let step = 0; step < 2; step++) await stream.next();
    await stream.return(cancelled);
    assert.deepEqual(settled, [{ terminal: "cancelled", output: 3 }]);
  });

  it("before its content", async () => {
    const counted = 'data: {"usageMetadata":{"promptTokenCount":100,"totalTokenCount":100}}\n\n';
    const { stream } = streamOf([counted, broken]);
    await assert.rejects(stream.open(), broken);
    assert.equal(stream.lastFacts().usage?.inputUncached, 100);
  });
});
