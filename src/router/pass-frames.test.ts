import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { WireEvent } from "../canonical/event.ts";
import type { Observed, Relay } from "../wires/wire.ts";
import { passFrames } from "./pass-frames.ts";

/** Drops events that say "drop", replaces those that say "swap", has seen content after the first "text". */
class Marking implements Relay {
  readonly interesting = /drop|swap|note/;
  readonly seen: string[] = [];
  #content = false;

  push({ data }: WireEvent): "keep" | "drop" | readonly WireEvent[] {
    this.seen.push(data);
    this.#content ||= data.includes("text");
    if (data.includes("drop")) return "drop";
    return data.includes("swap") ? [{ data: "SWAPPED" }] : "keep";
  }

  whole(): "keep" {
    return "keep";
  }

  cut(): readonly WireEvent[] {
    return [];
  }

  observed(): Observed {
    return { content: this.#content, ended: false, done: false };
  }
}

const words = fc.array(fc.constantFrom("text", "text drop", "swap", "note", "plain", "more text"), { maxLength: 40 });
const expected = (said: readonly string[], end: string): string =>
  said
    .filter((word) => !word.includes("drop"))
    .map((word) => (word.includes("swap") ? "data: SWAPPED\n\n" : `data: ${word}${end}${end}`))
    .join("");

test("what is passed on is the same however frames share their block, and with whichever line ends", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 10 }), fc.constantFrom("\n", "\r\n", "\r"), (said, size, end) => {
      const relay = new Marking();
      let out = "";
      for (let from = 0; from < said.length; from += size) {
        const block = said.slice(from, from + size).map((word) => `data: ${word}${end}${end}`);
        out += Buffer.from(passFrames(Buffer.from(block.join("")), relay, relay.observed().content).raw).toString();
      }
      assert.equal(out, expected(said, end));
      for (const word of ["drop", "swap", "note"]) {
        assert.equal(relay.seen.filter((data) => data.includes(word)).length, said.filter((data) => data.includes(word)).length);
      }
    }),
  );
});

test("a block whose frames end their lines in several ways is passed on alike", () => {
  const frames = fc.array(
    fc.tuple(fc.constantFrom("text", "drop", "swap", "plain"), fc.constantFrom("\n", "\r\n", "\r\n", "\r")),
    {
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(frames, fc.boolean(), (said, content) => {
      const block = said.map(([word, end]) => `data: ${word}${end}${end}`).join("");
      const relay = new Marking();
      const { raw } = passFrames(Buffer.from(block), relay, content);
      assert.equal(Buffer.from(raw).toString(), said.map(([word, end]) => expected([word], end)).join(""));
    }),
  );
});

test("after content an uninteresting frame is not read, and the block is the very bytes that came", () => {
  const relay = new Marking();
  for (const end of ["\n", "\r\n"]) {
    const blockOf = (...said: readonly string[]): Buffer => Buffer.from(said.map((word) => `data: ${word}${end}${end}`).join(""));
    const block = blockOf("plain", "more");
    assert.equal(passFrames(block, relay, true).raw, block);
    assert.deepEqual(relay.seen, []);
    passFrames(blockOf("plain", "note this", "more"), relay, true);
    assert.deepEqual(relay.seen.splice(0), ["note this"]);
  }
});

test("before content every frame is read, up to the one that brings it", () => {
  const relay = new Marking();
  passFrames(Buffer.from("data: role\n\ndata: text\n\ndata: plain\n\n"), relay, false);
  assert.deepEqual(relay.seen, ["role", "text"]);
});
