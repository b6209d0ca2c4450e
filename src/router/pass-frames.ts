import { encodeEvents } from "../framing/sse-encoder.ts";
import { isUsual, parseFrame, splitFrames, usualBlank, usualEnd } from "../framing/sse-frames.ts";
import type { Relay } from "../wires/wire.ts";

export interface Passed {
  /** What goes to the caller; the block itself where nothing was changed, empty where all was dropped. */
  readonly raw: Uint8Array;
  /** Offset behind the last frame that the relay was shown, from which it may have observed something new; 0 for none. */
  readonly read: number;
}

/**
 * Passes a block of whole frames through a relay. Until content has passed each frame is read; after that only those in which
 * something `interesting` stands, however many share their network read: a long answer costs a search instead of a parse.
 */
export function passFrames(block: Uint8Array, relay: Relay, contentPassed: boolean): Passed {
  const bytes = Buffer.isBuffer(block) ? block : Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const edits = new Edits(bytes);
  const blank = usualBlank(bytes);
  let from = 0;
  for (let content = contentPassed; !content && from < bytes.length; content = relay.observed().content) {
    const end = usualEnd(bytes, from, blank);
    if (!isUsual(bytes, from, end, blank)) return lookAtAll(bytes, from, relay, edits);
    look(bytes, from, end, relay, edits);
    from = end;
  }
  const start = from;
  const text = bytes.toString("latin1", from);
  while (from < bytes.length) {
    const hit = text.slice(from - start).search(relay.interesting);
    if (hit === -1) break;
    const before = bytes.lastIndexOf(blank, from + hit);
    const first = before < from ? from : before + blank.length;
    const end = usualEnd(bytes, from + hit, blank);
    if (!isUsual(bytes, first, end, blank)) return lookAtAll(bytes, from, relay, edits);
    look(bytes, first, end, relay, edits);
    from = end;
  }
  return { read: from, raw: edits.result() };
}

/** Where lines end in several ways, each frame is read. */
function lookAtAll(bytes: Buffer, start: number, relay: Relay, edits: Edits): Passed {
  let from = start;
  for (const frame of splitFrames(bytes.subarray(start))) {
    look(bytes, from, from + frame.length, relay, edits);
    from += frame.length;
  }
  return { raw: edits.result(), read: bytes.length };
}

function look(bytes: Buffer, from: number, end: number, relay: Relay, edits: Edits): void {
  const event = parseFrame(bytes.subarray(from, end));
  const verdict = event === undefined ? "keep" : relay.push(event);
  if (verdict === "keep") return;
  edits.replace(from, end, verdict === "drop" ? undefined : Buffer.from(encodeEvents(verdict)));
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
