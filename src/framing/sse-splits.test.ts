import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SseDecoder } from "./sse-decoder.ts";
import { parseFrame, SseFrames, splitFrames } from "./sse-frames.ts";
import { cuts, ownStreams, pieces, print, recordedStreams, recordingsFolder, seeded, withLineEnds } from "./testing/streams.ts";

const SEED = Number(process.env["POLYGATE_SEED"] ?? 20260101);
const streams = [...ownStreams, ...recordedStreams(3).filter((stream) => stream.text.length < 24_000)];

function decode(parts: readonly Uint8Array[]): string {
  const decoder = new SseDecoder();
  let text = "";
  for (const part of parts) text += print(decoder.push(part));
  return text + print(decoder.end());
}

/** What the frames of the parts say, having checked that the bytes are all there. */
function viaFrames(parts: readonly Uint8Array[], whole: Buffer): string {
  const frames = new SseFrames();
  const blocks: Uint8Array[] = [];
  for (const part of parts) {
    const block = frames.push(part);
    if (block !== undefined) blocks.push(block);
  }
  const rest = frames.rest();
  if (rest !== undefined) blocks.push(rest);
  assert.ok(Buffer.concat(blocks).equals(whole), "the blocks are not the bytes put in");
  let text = "";
  for (const block of blocks) {
    const single = splitFrames(block);
    assert.equal(
      single.reduce((sum, frame) => sum + frame.length, 0),
      block.length,
    );
    text += print(single.map(parseFrame));
  }
  return text;
}

describe(`#30: streams cut anywhere say the same (seed ${SEED})`, () => {
  for (const [label, end] of [
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ] as const) {
    it(label, (t) => {
      const random = seeded(SEED);
      let parses = 0;
      for (const { name, text } of streams) {
        const bytes = withLineEnds(text, end);
        const events = decode([bytes]);
        assert.notEqual(events, "", name);
        assert.equal(events, decode([withLineEnds(text, "\n")]), `${name}: other line ends, other events`);
        const check = (parts: readonly Buffer[]): void => {
          assert.equal(decode(parts), events, `${name} decoded from pieces of ${parts.map((part) => part.length)}`);
          assert.equal(viaFrames(parts, bytes), events, `${name} framed from pieces of ${parts.map((part) => part.length)}`);
          parses += 2;
        };
        check([bytes]);
        check(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
        if (bytes.length < 2500) for (let at = 0; at <= bytes.length; at++) check(pieces(bytes, [at]));
        const many = Math.ceil(1000 / Math.max(1, bytes.length / 1500));
        for (let round = 0; round < many; round++)
          check(pieces(bytes, cuts(bytes.length, 1 + Math.floor(random() * 12), random)));
      }
      t.diagnostic(
        `${streams.length} streams, ${parses} parses${recordingsFolder() === undefined ? " (no recordings here)" : ""}`,
      );
    });
  }

  it("forty recorded streams, cut in two at every byte, with LF, CRLF and CR", {
    skip: recordingsFolder() === undefined,
  }, (t) => {
    const forty = recordedStreams(4)
      .filter(({ text }) => text.length > 300 && text.length < 6000)
      .slice(0, 40);
    assert.equal(forty.length, 40);
    let parses = 0;
    for (const { name, text } of forty) {
      const events = decode([withLineEnds(text, "\n")]);
      for (const end of ["\n", "\r\n", "\r"] as const) {
        const bytes = withLineEnds(text, end);
        for (let at = 0; at <= bytes.length; at++) {
          const parts = pieces(bytes, [at]);
          if (decode(parts) !== events || viaFrames(parts, bytes) !== events) {
            assert.fail(`${name} with ${JSON.stringify(end)} cut after ${at} bytes`);
          }
          parses += 2;
        }
      }
    }
    t.diagnostic(`${parses} parses`);
  });

  it("puts no U+FFFD where the source has none", () => {
    for (const { name, text } of streams) {
      const bytes = Buffer.from(text);
      if (text.includes("\ufffd")) continue;
      assert.ok(!decode(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))).includes("\ufffd"), name);
    }
  });
});
