import { encodeEvents } from "../framing/sse-encoder.ts";
import { parseFrame, splitFrames } from "../framing/sse-frames.ts";
import type { Relay } from "../wires/wire.ts";

const BLANK = Buffer.from("\n\n");
const CR = 0x0d;

export interface Passed {
  /** What goes to the caller; the block itself where nothing was changed, empty where all was dropped. */
  readonly raw: Uint8Array;
  /** Whether the relay was shown anything, so that it may have observed something new. */
  readonly looked: boolean;
}

/**
 * Passes a block of whole frames through a relay. Until content has passed each frame is read; after that only those in which
 * something `interesting` stands, however many share their network read: a long answer costs a search instead of a parse.
 */
export function passFrames(block: Uint8Array, relay: Relay, contentPassed: boolean): Passed {
  const bytes = Buffer.isBuffer(block) ? block : Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const edits = new Edits(bytes);
  if (bytes.includes(CR)) {
    let from = 0;
    for (const frame of splitFrames(bytes)) {
      look(bytes, from, from + frame.length, relay, edits);
      from += frame.length;
    }
    return { raw: edits.result(), looked: true };
  }
  let from = 0;
  for (let content = contentPassed; !content && from < bytes.length; content = relay.observed().content) {
    const end = frameEnd(bytes, from);
    look(bytes, from, end, relay, edits);
    from = end;
  }
  const looked = from > 0;
  return { looked: skim(bytes, from, relay, edits) || looked, raw: edits.result() };
}

function skim(bytes: Buffer, start: number, relay: Relay, edits: Edits): boolean {
  const text = bytes.toString("latin1", start);
  let from = start;
  while (from < bytes.length) {
    const hit = text.slice(from - start).search(relay.interesting);
    if (hit === -1) break;
    const before = bytes.lastIndexOf(BLANK, from + hit);
    const end = frameEnd(bytes, from + hit);
    look(bytes, before < from ? from : before + BLANK.length, end, relay, edits);
    from = end;
  }
  return from > start;
}

function look(bytes: Buffer, from: number, end: number, relay: Relay, edits: Edits): void {
  const event = parseFrame(bytes.subarray(from, end));
  const verdict = event === undefined ? "keep" : relay.push(event);
  if (verdict === "keep") return;
  edits.replace(from, end, verdict === "drop" ? undefined : Buffer.from(encodeEvents([verdict])));
}

function frameEnd(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(BLANK, from);
  return found === -1 ? bytes.length : found + BLANK.length;
}

/** Changes to a block, in their order; what is not changed is never copied alone. */
class Edits {
  readonly #bytes: Buffer;
  #pieces: Uint8Array[] | undefined;
  #kept = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  replace(from: number, end: number, by: Uint8Array | undefined): void {
    this.#pieces ??= [];
    if (from > this.#kept) this.#pieces.push(this.#bytes.subarray(this.#kept, from));
    if (by !== undefined) this.#pieces.push(by);
    this.#kept = end;
  }

  result(): Uint8Array {
    if (this.#pieces === undefined) return this.#bytes;
    if (this.#kept < this.#bytes.length) this.#pieces.push(this.#bytes.subarray(this.#kept));
    return Buffer.concat(this.#pieces);
  }
}
