import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../canonical/error.ts";
import { parseFrame, SseFrames, splitFrames } from "./sse-frames.ts";

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

/** Offset past the last blank line, found by reading line by line from the beginning of one. */
function endOfFrames(held: string): number {
  let end = 0;
  let at = 0;
  for (const line of held.match(/[^\r\n]*(?:\r\n|\r|\n)/g) ?? []) {
    at += line.length;
    if (/^[\r\n]/.test(line)) end = at;
  }
  return end;
}

describe("SseFrames", () => {
  it("gives the very bytes it was given when they are whole frames", () => {
    const bytes = Buffer.from("data: 1\n\ndata: 2\n\n");
    assert.equal(new SseFrames().push(bytes), bytes);
  });

  it("holds back the unfinished frame alone", () => {
    const frames = new SseFrames();
    assert.equal(text(frames.push(Buffer.from("data: 1\n\ndata: 2\n"))), "data: 1\n\n");
    assert.equal(text(frames.push(Buffer.from("\ndata: 3"))), "data: 2\n\n");
    assert.equal(frames.push(Buffer.from("4\n")), undefined);
    assert.equal(text(frames.rest()), "data: 34\n");
    assert.equal(frames.rest(), undefined);
  });

  it("gives a frame at once when its blank line ends in CR", () => {
    const frames = new SseFrames();
    assert.equal(text(frames.push(Buffer.from("data: 1\r\n\r"))), "data: 1\r\n\r");
    assert.equal(frames.push(Buffer.from("\n")), undefined);
    assert.equal(text(frames.push(Buffer.from("data: 2\r\n\r\n"))), "\ndata: 2\r\n\r\n");
  });

  it("gives out all that a blank line has ended, in whichever mixture of line ends and pieces", () => {
    const lines = fc.constantFrom(
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "\r\n\r\n",
      "a",
      "data: 1",
      "data: 2\r\n\r\n",
      "data: 3\n\n",
      ": c\r\n",
    );
    const tame = fc.constantFrom("\r\n", "a", "data: 1", "data: 2\r\n\r\n", "event: x\r\ndata: 2\r\n\r\n", ": c\r\n\r\n");
    const stream = fc.oneof(fc.array(lines, { maxLength: 12 }), fc.array(tame, { maxLength: 12 }));
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1 }), (said, sizes) => {
        const sent = said.join("");
        const frames = new SseFrames();
        let out = "";
        for (let at = 0, turn = 0; at < sent.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          out += text(frames.push(Buffer.from(sent.slice(at, at + size)))) ?? "";
          at += size;
          const seen = sent.slice(0, at);
          assert.ok(seen.startsWith(out));
          // The LF of a CRLF that was torn in two waits for the next block.
          const held = seen.slice(out.length);
          assert.equal(endOfFrames(held.startsWith("\n") && out.endsWith("\r") ? held.slice(1) : held), 0, JSON.stringify(seen));
          assert.ok(out === "" || /(?:^|[\r\n])(?:\r\n|\r|\n)$/.test(out), JSON.stringify(out));
        }
        assert.equal(out + (text(frames.rest()) ?? ""), sent);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives up at the cap, in large pieces and in single bytes", () => {
    for (const size of [65_536, 1]) {
      const frames = new SseFrames({ eventBytes: 300_000 });
      const piece = Buffer.alloc(size, 0x61);
      let sent = 0;
      assert.throws(
        () => {
          for (; sent < 1e9; sent += size) frames.push(piece);
        },
        (thrown) => thrown instanceof GatewayError && thrown.code === "bad_reply",
      );
      assert.ok(sent <= 300_000, `${sent} bytes were taken`);
    }
  });
});

describe("splitFrames, parseFrame", () => {
  it("cut a block into its frames", () => {
    const cut = (block: string): readonly (string | undefined)[] => splitFrames(Buffer.from(block)).map(text);
    assert.deepEqual(cut("data: 1\n\n: c\n\nevent: x\ndata: 2\n\n"), ["data: 1\n\n", ": c\n\n", "event: x\ndata: 2\n\n"]);
    assert.deepEqual(cut("data: 1\r\n\r\ndata: 2\r\n\r\n"), ["data: 1\r\n\r\n", "data: 2\r\n\r\n"]);
    assert.deepEqual(cut("\ndata: 2\r\n\r"), ["\ndata: 2\r\n\r"]);
    assert.deepEqual(cut("data: 1\r\n\r\ndata: 2\n\ndata: 3\r\n\r\n"), ["data: 1\r\n\r\n", "data: 2\n\n", "data: 3\r\n\r\n"]);
    assert.deepEqual(cut("data: 1\r\n\r\n\r\ndata: 2\r\n\r\n"), ["data: 1\r\n\r\n", "\r\ndata: 2\r\n\r\n"]);
    assert.deepEqual(cut("data: 1\n\ndata: 2"), ["data: 1\n\n", "data: 2"]);
    assert.deepEqual(cut(""), []);
  });

  it("reads one frame", () => {
    const read = (frame: string): unknown => parseFrame(Buffer.from(frame));
    assert.deepEqual(read("data: 1\n\n"), { event: undefined, data: "1" });
    assert.deepEqual(read("event: x\ndata: 1\n\n"), { event: "x", data: "1" });
    assert.deepEqual(read("data: 1\nevent: x\n\n"), { event: "x", data: "1" });
    assert.deepEqual(read("data:1\ndata:2\nid:9\r\r"), { event: undefined, data: "1\n2" });
    assert.deepEqual(read(": c\rdata: 1\r\n\r\n"), { event: undefined, data: "1" });
    assert.deepEqual(read("event: x\r\ndata: 1\r\n\r\n"), { event: "x", data: "1" });
    assert.deepEqual(read("data: last"), { event: undefined, data: "last" });
    for (const none of [": ping\n\n", ": ping\r\n\r\n", "event: x\n\n", "id: 4\n\n", "\n", "retry: 5\n\n"])
      assert.equal(read(none), undefined);
  });
});
