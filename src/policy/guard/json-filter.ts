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
      } else if (this.#escape !== "") {
        this.#escape += text.charAt(at++);
        const said = decoded(this.#escape);
        if (said === undefined) continue;
        this.#escape = "";
        out += this.#say(said);
      } else {
        plain.lastIndex = at;
        const run = plain.exec(text)?.[0] ?? "";
        out += this.#say(run);
        at += run.length;
        const next = text.charAt(at++);
        if (next === "\\") this.#escape = next;
        else if (next === '"') {
          out += `${spelled(this.#inside.end())}"`;
          this.#inString = false;
        }
      }
    }
    return out;
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

const spelled = (text: string): string => (special.test(text) ? JSON.stringify(text).slice(1, -1) : text);

/** What JSON has to escape, and halves of pairs. */
const special = /["\\\p{Cc}\p{Cs}]/u;
