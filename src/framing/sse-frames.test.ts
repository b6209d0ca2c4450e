import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { parseFrame, SseFrames, splitFrames } from "./sse-frames.ts";

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

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
    assert.deepEqual(cut("data: 1\n\ndata: 2"), ["data: 1\n\n", "data: 2"]);
    assert.deepEqual(cut(""), []);
  });

  it("reads one frame", () => {
    const read = (frame: string): unknown => parseFrame(Buffer.from(frame));
    assert.deepEqual(read("data: 1\n\n"), { event: undefined, data: "1" });
    assert.deepEqual(read("event: x\ndata: 1\n\n"), { event: "x", data: "1" });
    assert.deepEqual(read("data: 1\nevent: x\n\n"), { event: "x", data: "1" });
    assert.deepEqual(read("data:1\ndata:2\nid:9\r\r"), { event: undefined, data: "1\n2" });
    assert.deepEqual(read("data: last"), { event: undefined, data: "last" });
    for (const none of [": ping\n\n", "event: x\n\n", "id: 4\n\n", "\n", "retry: 5\n\n"]) assert.equal(read(none), undefined);
  });
});
