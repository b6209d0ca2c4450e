import type { TextFilter } from "./text-filter.ts";

/**
 * Passes JSON text on, in pieces as it comes, with its strings filtered as what they say and not as they are spelled, so that it
 * stays JSON and no spelling hides anything. What stands outside of strings (numbers, and whatever is no JSON at all) goes
 * through a filter of its own, whose changes must be JSON themselves.
 */
export class JsonFilter implements TextFilter {
  readonly #inside: TextFilter;
  readonly #outside: TextFilter;
  #inString = false;
  /** An escape that has begun. */
  #escape = "";

  constructor(inside: TextFilter, outside: TextFilter) {
    this.#inside = inside;
    this.#outside = outside;
  }

  push(text: string): string {
    let out = "";
    let at = 0;
    while (at < text.length) {
      if (!this.#inString) {
        const quote = text.indexOf('"', at);
        const end = quote === -1 ? text.length : quote;
        out += this.#outside.push(text.slice(at, end));
        if (quote === -1) return out;
        out += `${this.#outside.end()}"`;
        this.#inString = true;
        at = end + 1;
      } else {
        const { said, next } = this.#read(text, at);
        out += this.#say(said);
        at = next;
        if (!this.#inString) out += `${spelled(this.#inside.end())}"`;
      }
    }
    return out;
  }

  /** What a string says from `at` on, to its end or as far as the text goes: said at once, as looking at every escape costs. */
  #read(text: string, from: number): { readonly said: string; readonly next: number } {
    let said = "";
    let at = from;
    while (at < text.length) {
      if (this.#escape !== "") {
        this.#escape += text.charAt(at++);
        const one = decoded(this.#escape);
        if (one === undefined) continue;
        this.#escape = "";
        said += one;
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#inString = false;
        return { said, next: at + 1 };
      }
      if (code === 0x5c) {
        const length = text.charCodeAt(at + 1) === 0x75 ? 6 : 2;
        if (at + length > text.length) this.#escape = text.charAt(at++);
        else {
          said += decoded(text.slice(at, at + length)) ?? "";
          at += length;
        }
        continue;
      }
      plain.lastIndex = at;
      const run = plain.exec(text)?.[0] ?? "";
      said += run;
      at += run.length;
    }
    return { said, next: at };
  }

  end(): string {
    const rest = this.#inString ? spelled(this.#inside.end()) + this.#escape : this.#outside.end();
    this.#inString = false;
    this.#escape = "";
    return rest;
  }

  #say(text: string): string {
    return text === "" ? "" : spelled(this.#inside.push(text));
  }
}

const plain = /[^"\\]*/y;

const short: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["b", "\b"],
  ["f", "\f"],
]);

/** What an escape says; undefined while it is not whole. */
function decoded(sequence: string): string | undefined {
  const sign = sequence.charAt(1);
  if (sign !== "u") return short.get(sign) ?? (/["\\/]/.test(sign) ? sign : sequence);
  if (sequence.length < 6) return undefined;
  const code = Number.parseInt(sequence.slice(2), 16);
  return Number.isNaN(code) ? sequence : String.fromCharCode(code);
}

/** A text as JSON spells it between quotes. */
export const spelled = (text: string): string => (special.test(text) ? JSON.stringify(text).slice(1, -1) : text);

/** What JSON has to escape, and halves of pairs. */
const special = /["\\\p{Cc}\p{Cs}]/u;
