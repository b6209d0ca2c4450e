import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { SseDecoder } from "./sse-decoder.ts";

const decode = (text: string | Uint8Array): readonly unknown[] => {
  const decoder = new SseDecoder();
  const events = decoder.push(typeof text === "string" ? Buffer.from(text) : text);
  return [...events, ...decoder.end()].map(({ event, data }) => (event === undefined ? data : [event, data]));
};
const badReply = (thrown: unknown): boolean => thrown instanceof GatewayError && thrown.code === "bad_reply";

describe("SseDecoder", () => {
  it("reads fields as the specification does", () => {
    assert.deepEqual(decode("data: a\ndata: b\n\n"), ["a\nb"]);
    assert.deepEqual(decode("data:a\n\ndata:  b\n\ndata\n\ndata:\n\n"), ["a", " b", "", ""]);
    assert.deepEqual(decode("event: x\ndata: 1\n\ndata: 2\n\n"), [["x", "1"], "2"]);
    assert.deepEqual(decode("event: x\n\nid: 3\n\nretry: 1\n\n: c\n\nother: 5\n\n"), []);
    assert.deepEqual(decode("data: a\r\n\r\ndata: b\r\rdata: c\n\n"), ["a", "b", "c"]);
    assert.deepEqual(decode("data: null\n\n"), ["null"]);
  });

  it("drops one byte order mark, not two", () => {
    assert.deepEqual(decode("\ufeffdata: a\n\n"), ["a"]);
    assert.deepEqual(decode("\ufeff\ufeffdata: a\n\n"), []);
    assert.deepEqual(decode("data: \ufeffa\n\n"), ["\ufeffa"]);
    const decoder = new SseDecoder();
    const events = Array.from(Buffer.from("\ufeff\ufeffdata: a\n\ndata: b\n\n"), (byte) =>
      decoder.push(Uint8Array.of(byte)),
    ).flat();
    assert.deepEqual(
      events.map(({ data }) => data),
      ["b"],
    );
  });

  it("gives an event at once when its blank line ends in CR, and no second one for the LF after it", () => {
    const decoder = new SseDecoder();
    assert.equal(decoder.push(Buffer.from("data: a\r\n\r")).length, 1);
    assert.equal(decoder.push(Buffer.from("\ndata: b\r\n\r\n")).length, 1);
    assert.equal(decoder.end().length, 0);
  });

  it("gives the last event though its blank line is missing", () => {
    for (const text of ["data: a", "data: a\n", "data: a\r", "data: a\r\n"])
      assert.deepEqual(decode(text), ["a"], JSON.stringify(text));
  });

  it("reads malformed UTF-8 as U+FFFD and goes on", () => {
    assert.deepEqual(decode(Buffer.from([...Buffer.from("data: "), 0xff, 0xe2, 0x82, ...Buffer.from("\n\ndata: ok\n\n")])), [
      "\ufffd\ufffd",
      "ok",
    ]);
    const torn = new SseDecoder();
    torn.push(Buffer.from([...Buffer.from("data: "), 0xe2]));
    assert.deepEqual(torn.push(Buffer.from("x\n\n")), [{ event: undefined, data: "\ufffdx" }]);
  });

  it("gives up at the cap, whatever is sent, and stays given up", () => {
    const filler = Buffer.alloc(64 * 1024, 0x61);
    for (const start of ["data: ", "event: ", "", "data: x\ndata: "]) {
      const decoder = new SseDecoder({ eventBytes: 1024 * 1024 });
      decoder.push(Buffer.from(start));
      const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
      let failed: unknown;
      for (let sent = 0; sent < 1024 && failed === undefined; sent++) {
        try {
          decoder.push(filler);
        } catch (thrown) {
          failed = thrown;
        }
      }
      const grown = process.memoryUsage().heapUsed + process.memoryUsage().external - before;
      assert.ok(grown < 32 * 1024 * 1024, `${start}: grew by ${grown}`);
      // A line of no known field need not be kept, so it may go on for ever.
      if (start === "") assert.equal(failed, undefined);
      else {
        assert.ok(badReply(failed), start);
        assert.throws(() => decoder.push(Buffer.from("data: a\n\n")), badReply);
        assert.throws(() => decoder.end(), badReply);
      }
    }
  });

  it("counts all lines of an event, and takes one of exactly the cap however it is cut", () => {
    const lines = new SseDecoder({ eventBytes: 1000 });
    assert.throws(() => {
      for (let line = 0; line < 2000; line++) lines.push(Buffer.from("data:\n"));
    }, badReply);
    for (const cut of [0, 3, 500, 1005, 1006, 1007]) {
      const whole = Buffer.from(`data: ${"x".repeat(1000)}\n\n`);
      const exact = new SseDecoder({ eventBytes: 1000 });
      assert.equal(exact.push(whole.subarray(0, cut)).length + exact.push(whole.subarray(cut)).length, 1);
      const over = new SseDecoder({ eventBytes: 999 });
      assert.throws(() => [over.push(whole.subarray(0, cut)), over.push(whole.subarray(cut))], badReply);
    }
  });

  it("takes any number of small events", () => {
    const decoder = new SseDecoder({ eventBytes: 1000 });
    let count = 0;
    const piece = Buffer.from("data: 1\n\n: ping\n\n".repeat(100));
    for (let round = 0; round < 1000; round++) count += decoder.push(piece).length;
    assert.equal(count, 100_000);
  });
});
