import { Buffer } from "node:buffer";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/** What is told of a reply without its vectors being read. */
export interface Skimmed {
  /** The top-level members but `data`. */
  readonly rest: JsonObject;
  /** Whether some vectors are lists of numbers, and whether some are text. */
  readonly lists: boolean;
  readonly texts: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Reads what stands around the vectors of an embeddings reply; the vectors, which are nearly all of it, are jumped over.
 * Undefined where the reply is not of the usual form and must be parsed to be understood.
 */
export function skim(bytes: Uint8Array): Skimmed | undefined {
  return new Skim(bytes).reply();
}

class Skim {
  readonly #bytes: Buffer;
  #at = 0;
  #lists = false;
  #texts = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  reply(): Skimmed | undefined {
    let rest = "";
    let vectors = 0;
    const read = this.#members((name, key) => {
      if (name === "data") return ++vectors === 1 && this.#data();
      if (!this.#value()) return false;
      rest += `${rest === "" ? "" : ","}${this.#bytes.toString("utf8", key, this.#at)}`;
      return true;
    });
    if (!read || vectors === 0 || this.#next() !== undefined) return undefined;
    const value = parse(`{${rest}}`);
    return isObject(value) ? { rest: value, lists: this.#lists, texts: this.#texts } : undefined;
  }

  #data(): boolean {
    if (!this.#take(OPEN_BRACKET)) return false;
    if (this.#take(CLOSE_BRACKET)) return true;
    do {
      if (!this.#members((name) => (name === "embedding" ? this.#vector() : this.#value()))) return false;
    } while (this.#take(COMMA));
    return this.#take(CLOSE_BRACKET);
  }

  #vector(): boolean {
    const start = this.#next();
    if (start === QUOTE) {
      this.#texts = true;
      return this.#text();
    }
    if (start !== OPEN_BRACKET) return false;
    this.#lists = true;
    const end = this.#bytes.indexOf(CLOSE_BRACKET, this.#at);
    if (end === -1) return false;
    const inside = this.#bytes.subarray(this.#at + 1, end);
    this.#at = end + 1;
    return !inside.includes(OPEN_BRACKET) && !inside.includes(QUOTE);
  }

  /** An object, each of whose members' values is read by `value`. False where it is none. */
  #members(value: (name: string, key: number) => boolean): boolean {
    if (!this.#take(OPEN_BRACE)) return false;
    if (this.#take(CLOSE_BRACE)) return true;
    do {
      if (this.#next() !== QUOTE) return false;
      const key = this.#at;
      if (!this.#text()) return false;
      const name = this.#bytes.toString("latin1", key + 1, this.#at - 1);
      if (name.includes("\\") || !this.#take(COLON) || !value(name, key)) return false;
    } while (this.#take(COMMA));
    return this.#take(CLOSE_BRACE);
  }

  /** Any value; whether it is a right one is its parser's to say. */
  #value(): boolean {
    let depth = 0;
    for (let byte = this.#next(); byte !== undefined; byte = this.#next()) {
      if (byte === QUOTE) {
        if (!this.#text()) return false;
        if (depth === 0) return true;
        continue;
      }
      if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) return true;
      this.#at++;
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return true;
    }
    return false;
  }

  /** From the opening quote past the closing one. */
  #text(): boolean {
    for (let from = this.#at + 1; ; ) {
      const quote = this.#bytes.indexOf(QUOTE, from);
      if (quote === -1) return false;
      let before = quote - 1;
      while (this.#bytes[before] === BACKSLASH) before--;
      from = quote + 1;
      if ((quote - before) % 2 === 0) continue;
      this.#at = from;
      return true;
    }
  }

  #take(byte: number): boolean {
    if (this.#next() !== byte) return false;
    this.#at++;
    return true;
  }

  /** The next byte that is no white space; undefined at the end. */
  #next(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#at++;
    }
  }
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
