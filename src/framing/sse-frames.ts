import { Buffer } from "node:buffer";
import type { WireEvent } from "../canonical/event.ts";
import { asBuffer, CR, EVENT_BYTES, LF } from "./bytes.ts";
import { oversized, SseDecoder } from "./sse-decoder.ts";

const COLON = 0x3a;
const BLANK = Buffer.from("\n\n");
const CRLF_BLANK = Buffer.from("\r\n\r\n");

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
    const length = piece.length;
    const last = piece[length - 1];
    const before = piece[length - 2];
    if (this.#afterCr || last === CR) return this.#slowBoundary(piece);
    const closed = last === LF && (before === LF || (before === CR && piece[length - 3] === LF));
    const found = closed ? length : piece.includes(CR) ? this.#crlfBoundary(piece) : this.#lfBoundary(piece);
    if (found === undefined) return this.#slowBoundary(piece);
    this.#atLineStart = last === LF;
    return found;
  }

  #lfBoundary(piece: Buffer): number {
    const found = piece.lastIndexOf(BLANK);
    if (found !== -1) return found + BLANK.length;
    return this.#atLineStart && piece[0] === LF ? 1 : 0;
  }

  /** Looks from the end; undefined where a line ends in anything but CRLF. */
  #crlfBoundary(piece: Buffer): number | undefined {
    for (let end = piece.length; end > 0; ) {
      const lf = piece.lastIndexOf(LF, end - 1);
      const cr = piece.lastIndexOf(CR, end - 1);
      if (lf === -1 && cr === -1) return 0;
      if (lf < 1 || cr !== lf - 1) return undefined;
      if (cr > 0 ? piece[cr - 1] === LF : this.#atLineStart) return lf + 1;
      end = cr;
    }
    return 0;
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
  const blank = usualBlank(bytes);
  const frames: Uint8Array[] = [];
  let from = 0;
  for (; from < bytes.length; ) {
    const end = usualEnd(bytes, from, blank);
    if (!isUsual(bytes, from, end, blank)) break;
    if (end === bytes.length && from === 0) return [block];
    frames.push(bytes.subarray(from, end));
    from = end;
  }
  for (let end = frameEnd(bytes, from); end !== -1; end = frameEnd(bytes, from)) {
    frames.push(bytes.subarray(from, end));
    from = end;
  }
  if (from < bytes.length) frames.push(bytes.subarray(from));
  return frames;
}

/*
 * Nearly every stream ends all its lines alike, with LF or with CRLF, and can be searched instead of walked through. A block that
 * has any CR is taken for one of CRLF; `isUsual` then tells of a piece cut from it whether that was right there.
 */

/** A line end and the blank line after it, as they usually are in a stream like this block. */
export const usualBlank = (bytes: Buffer): Buffer => (bytes.includes(CR) ? CRLF_BLANK : BLANK);

/** Offset past the next blank line, which ends the frame at `from` if all is as usual; else past all. */
export function usualEnd(bytes: Buffer, from: number, blank: Buffer): number {
  const found = bytes.indexOf(blank, from);
  return found === -1 ? bytes.length : found + blank.length;
}

/** Whether these bytes, found between two such blank lines, end no line in another way: only then are they one frame. */
export function isUsual(bytes: Buffer, from: number, end: number, blank: Buffer): boolean {
  if (blank === BLANK) return true;
  const piece = bytes.subarray(from, end);
  for (let at = 0; at < piece.length; ) {
    const lf = piece.indexOf(LF, at);
    const cr = piece.indexOf(CR, at);
    if (lf === -1 && cr === -1) return true;
    if (lf < 1 || cr !== lf - 1) return false;
    at = lf + 1;
  }
  return true;
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
function isComment(text: string): boolean {
  if (text.charCodeAt(0) !== COLON) return false;
  const lf = text.indexOf("\n");
  const cr = text.indexOf("\r");
  if (cr === -1) return lf >= text.length - 2;
  return cr === lf - 1 && (lf === text.length - 1 || (lf === text.length - 3 && text.endsWith("\r\n")));
}

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
