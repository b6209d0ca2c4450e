import { Buffer } from "node:buffer";
import type { WireEvent } from "../canonical/event.ts";
import { asBuffer, CR, EVENT_BYTES, LF } from "./bytes.ts";
import { oversized, SseDecoder } from "./sse-decoder.ts";

const COLON = 0x3a;
const BLANK = Buffer.from("\n\n");

/**
 * Cuts a server-sent event stream into blocks of whole frames, for passing on as it came: everything given out and `rest()`,
 * one after the other, are exactly the bytes put in. A frame ends after its blank line (LF, CR or CRLF); of a CRLF torn in two
 * after its CR the LF opens the next block, where it is one more blank line.
 *
 * A frame of more than `eventBytes` (default 4 MiB) throws GatewayError `bad_reply`.
 */
export class SseFrames {
  readonly #cap: number;
  #held: Buffer = BLANK.subarray(0, 0);
  #length = 0;
  #atLineStart = true;
  #afterCr = false;

  constructor(limits: { readonly eventBytes?: number | undefined } = {}) {
    this.#cap = limits.eventBytes ?? EVENT_BYTES;
  }

  /** All frames that these bytes complete, as one block; undefined when they complete none. May be the very bytes given. */
  push(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length === 0) return undefined;
    const piece = asBuffer(bytes);
    const end = this.#boundary(piece);
    if (end === 0) {
      this.#hold(piece);
      return undefined;
    }
    const head = end === piece.length ? piece : piece.subarray(0, end);
    const block = this.#length === 0 ? head : Buffer.concat([this.#held.subarray(0, this.#length), head]);
    this.#length = 0;
    if (end < piece.length) this.#hold(piece.subarray(end));
    return block;
  }

  /** What is held back of an unfinished last frame; afterwards nothing is. */
  rest(): Uint8Array | undefined {
    if (this.#length === 0) return undefined;
    const rest = this.#held.subarray(0, this.#length);
    this.#held = BLANK.subarray(0, 0);
    this.#length = 0;
    return rest;
  }

  /** Offset past the last blank line that ends in this piece, 0 for none. */
  #boundary(piece: Buffer): number {
    if (this.#afterCr || piece.includes(CR)) return this.#slowBoundary(piece);
    const length = piece.length;
    const endsLine = piece[length - 1] === LF;
    const straddles = this.#atLineStart && piece[0] === LF ? 1 : 0;
    this.#atLineStart = endsLine;
    if (endsLine && length > 1 && piece[length - 2] === LF) return length;
    const found = piece.lastIndexOf(BLANK);
    return found === -1 ? straddles : found + 2;
  }

  #slowBoundary(piece: Buffer): number {
    let end = 0;
    let atLineStart = this.#atLineStart;
    let afterCr = this.#afterCr;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at];
      if (byte === LF && afterCr) {
        if (at > 0 && end === at) end = at + 1;
        afterCr = false;
      } else if (byte === LF || byte === CR) {
        if (atLineStart) end = at + 1;
        atLineStart = true;
        afterCr = byte === CR;
      } else {
        atLineStart = false;
        afterCr = false;
      }
    }
    this.#atLineStart = atLineStart;
    this.#afterCr = afterCr;
    return end;
  }

  #hold(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#cap) throw oversized(this.#cap);
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(1024, length * 2));
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    piece.copy(this.#held, this.#length);
    this.#length = length;
  }
}

/** The single frames of a block as `SseFrames` gives it. Their bytes in order are the block's. */
export function splitFrames(block: Uint8Array): readonly Uint8Array[] {
  const bytes = asBuffer(block);
  const frames: Uint8Array[] = [];
  let from = 0;
  if (bytes.includes(CR)) {
    for (let end = frameEnd(bytes, from); end !== -1; end = frameEnd(bytes, from)) {
      frames.push(bytes.subarray(from, end));
      from = end;
    }
  } else {
    for (let found = bytes.indexOf(BLANK); found !== -1; found = bytes.indexOf(BLANK, from)) {
      if (found + 2 === bytes.length && from === 0) return [block];
      frames.push(bytes.subarray(from, found + 2));
      from = found + 2;
    }
  }
  if (from < bytes.length) frames.push(bytes.subarray(from));
  return frames;
}

/** Offset past the first blank line that follows something, -1 for none. Blank lines before it belong to the same frame. */
function frameEnd(bytes: Buffer, from: number): number {
  let filled = false;
  let atLineStart = true;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== LF && byte !== CR) {
      filled = true;
      atLineStart = false;
      continue;
    }
    if (byte === CR && bytes[at + 1] === LF) at++;
    if (filled && atLineStart) return at + 1;
    atLineStart = true;
  }
  return -1;
}

/** The event of one frame; undefined where it has none (a comment, an id alone, blank lines). */
export function parseFrame(frame: Uint8Array): WireEvent | undefined {
  const text = asBuffer(frame).toString("utf8");
  if (isComment(text)) return undefined;
  return parsePlain(text) ?? parseAny(frame);
}

/** A comment alone, which some providers send in great numbers while they think. */
const isComment = (text: string): boolean =>
  text.charCodeAt(0) === COLON && text.indexOf("\n") >= text.length - 2 && !text.includes("\r");

/** The two shapes that nearly every frame has, `data: …` and `event: …` with `data: …`; undefined for any other. */
function parsePlain(text: string): WireEvent | undefined {
  let at = 0;
  let event: string | undefined;
  if (text.startsWith("event: ")) {
    const end = text.indexOf("\n");
    event = line(text, 7, end);
    at = end + 1;
  }
  const end = text.indexOf("\n", at);
  if (end === -1 || !text.startsWith("data: ", at)) return undefined;
  const after = text.length - end - 1;
  const closed = text.charCodeAt(text.length - 1) === LF && (after === 1 || (after === 2 && text.charCodeAt(end + 1) === CR));
  const data = line(text, at + 6, end);
  if (!closed || data.includes("\r") || event?.includes("\r")) return undefined;
  return { event: event === "" ? undefined : event, data };
}

/** The text up to a line end at `end`, LF or CRLF. */
const line = (text: string, from: number, end: number): string =>
  text.slice(from, text.charCodeAt(end - 1) === CR ? end - 1 : end);

function parseAny(frame: Uint8Array): WireEvent | undefined {
  const decoder = new SseDecoder({ eventBytes: frame.length });
  return decoder.push(frame)[0] ?? decoder.end()[0];
}
