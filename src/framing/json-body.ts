import { type Buffer, isAscii, isUtf8 } from "node:buffer";
import type { Span } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../canonical/json.ts";
import { asBuffer } from "./bytes.ts";
import { faultOffset, malformedUtf8Offset, repeatedName } from "./json-fault.ts";

export interface JsonBody {
  readonly json: JsonObject;
  /** Top-level members in their order: byte offsets into the bytes given. */
  readonly members: ReadonlyMap<string, Span>;
}

export interface JsonLimits {
  /** Most levels of objects and arrays, the body's own object being the first. Default 64. */
  readonly depth?: number | undefined;
  /** Most members of one object. Default 10,000. */
  readonly keys?: number | undefined;
  /**
   * Most values in all. Default 320,000: an embedding call's list of tokens may be 300,000 long; of 5,275 recorded requests none
   * holds more than 399.
   */
  readonly values?: number | undefined;
  /**
   * Told how much memory the values will take at most, in bytes of heap, before any of them is built. What it throws is thrown
   * on.
   */
  readonly claim?: ((heapBytes: number) => void) | undefined;
}

/*
 * What JSON.parse takes of the heap, measured on Node 24 by lists of 100,000 equal things (bytes each): 0 8, a string of its own
 * 32, [] 40, {} 64, [1] 64, {"a":1} 40, {"a":{}} 96, an object with a name of its own 184, with an index for a name 208. Each
 * price is the least that covers all of these together with the text's own bytes.
 */
const heapPerValue = 24;
const heapPerContainer = 56;
const heapPerMember = 128;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/** Strings are read char by char so far, then by a search for the closing quote (which costs more to begin with). */
const SHORT_STRING = 16;
const PLAIN_NAME = /^[\w$.-]*$/;

/**
 * A request body: one JSON object in UTF-8. Depth and member counts are checked before anything is built of it.
 *
 * Throws GatewayError `invalid_request` for an empty body, malformed UTF-8 or JSON, a byte order mark, another value than an
 * object, a name that stands twice in one object (two readers could each take another one: what a guard has looked at would
 * not be what the provider reads), a member named `__proto__` (no API knows one; whoever copied it by its name would give the
 * copy another prototype), and what passes the limits.
 *
 * Accepted as `JSON.parse` accepts them: escapes of lone surrogates (kept, and written again as escapes), numbers past a
 * double (1e400 reads as Infinity, 2^53+1 as its neighbour: a relayed body keeps the caller's digits).
 */
export function parseJsonBody(bytes: Uint8Array, limits: JsonLimits = {}): JsonBody {
  const buffer = asBuffer(bytes);
  const ascii = isAscii(buffer);
  if (!ascii && !isUtf8(buffer)) {
    throw refused(`The request body is not valid UTF-8 (at byte ${malformedUtf8Offset(buffer)}). Send JSON in UTF-8.`);
  }
  const latin1 = buffer.toString("latin1");
  const scan = new Scan(buffer, latin1, limits);
  const members = scan.members();
  // A text with a single letter past Latin-1 takes two bytes for each.
  limits.claim?.(buffer.length * (ascii ? 1 : 2) + scan.heapBytes);
  const json = parse(ascii ? latin1 : buffer.toString("utf8"), buffer);
  if (!isObject(json) || members === undefined) throw refused("The request body must be one JSON object.");
  // Fewer members came out than stand in the text: some took another's place.
  if (members.has("__proto__")) throw prototypeNamed();
  if (scan.nestedMembers !== 0 && countMembers(json) !== members.size + scan.nestedMembers) throw repeated(buffer);
  return { json, members };
}

const refused = (message: string, param?: string): GatewayError => new GatewayError("invalid_request", message, { param });

function repeated(buffer: Buffer): GatewayError {
  const { name, at } = repeatedName(buffer);
  const shown = name.slice(0, 100);
  return refused(`The request body has \`${shown}\` twice in one object (the second at byte ${at}). Send it once.`, shown);
}

const prototypeNamed = (): GatewayError =>
  refused("The request body has a member named `__proto__`, which means nothing here. Leave it out.", "__proto__");

/** Of all objects in a value. Throws where one is named `__proto__`. */
function countMembers(value: JsonObject | readonly Json[]): number {
  let count = 0;
  if (isArray(value)) {
    for (const item of value) if (typeof item === "object" && item !== null) count += countMembers(item);
    return count;
  }
  for (const name in value) {
    count++;
    if (name === "__proto__") throw prototypeNamed();
    const member = value[name];
    if (typeof member === "object" && member !== null) count += countMembers(member);
  }
  return count;
}

function parse(text: string, buffer: Buffer): Json {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const at = faultOffset(buffer);
    const where = at === buffer.length ? "it ends too early" : `the fault is at byte ${at}`;
    throw new GatewayError("invalid_request", `The request body is not valid JSON: ${where}.`, { cause });
  }
}

/** Finds the top-level members in the body read as Latin-1, a char for a byte. What is not JSON is left for the parser to refuse. */
class Scan {
  readonly #buffer: Buffer;
  readonly #text: string;
  readonly #depth: number;
  readonly #keys: number;
  readonly #mostValues: number;
  #values = 0;
  #nestedMembers = 0;
  #containers = 1;
  #topMembers = 0;

  /** @param text the buffer read as Latin-1 */
  constructor(buffer: Buffer, text: string, { depth = 64, keys = 10_000, values = 320_000 }: JsonLimits) {
    this.#buffer = buffer;
    this.#text = text;
    this.#depth = depth;
    this.#keys = keys;
    this.#mostValues = values;
  }

  /** How many members stand below the top level, once `members()` has been asked for. */
  get nestedMembers(): number {
    return this.#nestedMembers;
  }

  /** What the values found so far take of the heap, their text aside. */
  get heapBytes(): number {
    const members = this.#nestedMembers + this.#topMembers;
    return heapPerValue * (this.#values + this.#topMembers) + heapPerContainer * this.#containers + heapPerMember * members;
  }

  /** Undefined where the bytes are no JSON object. */
  members(): Map<string, Span> | undefined {
    const text = this.#text;
    let at = this.#space(0);
    if (text.charCodeAt(at) !== OPEN_BRACE) throw refused(this.#noObject(at));
    at = this.#space(at + 1);
    const members = new Map<string, Span>();
    if (text.charCodeAt(at) === CLOSE_BRACE) return members;
    for (;;) {
      const key = at;
      if (text.charCodeAt(key) !== QUOTE) return undefined;
      const keyEnd = stringEnd(text, key);
      at = this.#space(keyEnd);
      if (text.charCodeAt(at) !== COLON) return undefined;
      const start = this.#space(at + 1);
      const end = this.#value(start);
      const name = this.#name(key, keyEnd);
      if (name === undefined) return undefined;
      if (members.has(name)) {
        const shown = name.slice(0, 100);
        throw refused(`The request body has \`${shown}\` twice (the second at byte ${key}). Send it once.`, shown);
      }
      members.set(name, { key, start, end });
      this.#topMembers++;
      if (members.size > this.#keys) throw this.#tooManyKeys(key);
      at = this.#space(end);
      const next = text.charCodeAt(at);
      if (next === CLOSE_BRACE) return members;
      if (next !== COMMA) return undefined;
      at = this.#space(at + 1);
    }
  }

  #noObject(at: number): string {
    const text = this.#text;
    if (at >= text.length) return "The request body is empty. Send one JSON object.";
    if (text.charCodeAt(0) === 0xef && text.charCodeAt(1) === 0xbb && text.charCodeAt(2) === 0xbf) {
      return "The request body starts with a byte order mark. Send JSON in UTF-8 without one.";
    }
    return `The request body must be one JSON object; at byte ${at} something else begins.`;
  }

  #space(at: number): number {
    const text = this.#text;
    for (;;) {
      const byte = text.charCodeAt(at);
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
      at++;
    }
  }

  /** The offset past the value that begins at `at`. */
  #value(at: number): number {
    const text = this.#text;
    const first = text.charCodeAt(at);
    if (first === QUOTE) return stringEnd(text, at);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.#nested(at);
    let end = at;
    for (;;) {
      const byte = text.charCodeAt(end);
      if (byte === COMMA || byte === CLOSE_BRACE || byte <= SPACE || end >= text.length) return end;
      end++;
    }
  }

  #nested(start: number): number {
    const text = this.#text;
    const length = text.length;
    const deepest = this.#depth;
    let depth = 1;
    let colons = 0;
    let values = this.#values;
    let containers = 0;
    let at = start;
    while (at < length) {
      const byte = text.charCodeAt(at);
      if (byte === QUOTE) {
        at = stringEnd(text, at);
        continue;
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++depth > deepest) throw refused(`The request body is nested more than ${deepest} levels deep (at byte ${at}).`);
        containers++;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (--depth === 1) {
          if (colons > this.#keys) this.#countKeys(start, at);
          this.#values = values;
          this.#nestedMembers += colons;
          this.#containers += containers;
          return at + 1;
        }
      } else if (byte === COLON) colons++;
      else if (byte === COMMA && ++values > this.#mostValues) throw this.#tooManyValues(at);
      at++;
    }
    return length;
  }

  /** Only values with more colons than one object may have are counted object by object. */
  #countKeys(start: number, end: number): void {
    const text = this.#text;
    const counts: number[] = [];
    for (let at = start; at < end; at++) {
      const byte = text.charCodeAt(at);
      if (byte === QUOTE) at = stringEnd(text, at) - 1;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) counts.push(0);
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) counts.pop();
      else if (byte === COLON) {
        const count = (counts.pop() ?? 0) + 1;
        if (count > this.#keys) throw this.#tooManyKeys(at);
        counts.push(count);
      }
    }
  }

  #tooManyValues(at: number): GatewayError {
    return refused(`The request body holds more than ${this.#mostValues} values (at byte ${at}).`);
  }

  #tooManyKeys(at: number): GatewayError {
    return refused(`The request body has an object with more than ${this.#keys} members (at byte ${at}).`);
  }

  /** Read from the bytes: a slice of the text would keep all of it in memory for as long as the name is. */
  #name(key: number, end: number): string | undefined {
    const name = this.#buffer.toString("latin1", key + 1, end - 1);
    if (PLAIN_NAME.test(name)) return name;
    try {
      const parsed: Json = JSON.parse(this.#buffer.toString("utf8", key, end));
      return typeof parsed === "string" ? parsed : undefined;
    } catch {
      return undefined;
    }
  }
}

/** `at` is the opening quote; gives the offset past the closing one (the text's length where there is none). */
function stringEnd(text: string, at: number): number {
  const length = text.length;
  const soon = Math.min(at + SHORT_STRING, length);
  let from = at + 1;
  while (from < soon) {
    const char = text.charCodeAt(from);
    if (char === QUOTE) return from + 1;
    from += char === BACKSLASH ? 2 : 1;
  }
  while (from < length) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return length;
    let before = quote - 1;
    while (before >= from && text.charCodeAt(before) === BACKSLASH) before--;
    if (((quote - before) & 1) === 1) return quote + 1;
    from = quote + 1;
  }
  return length;
}
