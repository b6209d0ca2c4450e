import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SseDecoder } from "./sse-decoder.ts";
import { encodeComment, encodeEvents } from "./sse-encoder.ts";

describe("encodeEvents", () => {
  it("writes what the decoder reads back, line ends of the data as LF", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", "\n", "\r", ":", "\u00e9", "\ud83d\ude00", "\ufeff", "\0") });
    fc.assert(
      fc.property(
        fc.array(fc.record({ event: fc.option(fc.constantFrom("x", "y.z"), { nil: undefined }), data: text })),
        (events) => {
          const decoder = new SseDecoder();
          const read = decoder.push(Buffer.from(encodeEvents(events)));
          assert.deepEqual(
            read,
            events.map(({ event, data }) => ({ event, data: data.replace(/\r\n|\r/g, "\n") })),
          );
          assert.equal(decoder.end().length, 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("lets no event name open another field", () => {
    assert.equal(encodeEvents([{ event: "a\ndata: evil\r\n", data: "x" }]), "event: a data: evil \ndata: x\n\n");
  });

  it("writes the plain shapes", () => {
    assert.equal(encodeEvents([{ data: "[DONE]" }]), "data: [DONE]\n\n");
    assert.equal(encodeEvents([{ event: "ping", data: "{}" }, { data: "" }]), "event: ping\ndata: {}\n\ndata: \n\n");
    assert.equal(encodeComment("keep\nalive"), ": keep\n: alive\n\n");
  });
});
