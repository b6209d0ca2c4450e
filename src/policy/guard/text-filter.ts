import type { Finding, Scanner } from "./scanner.ts";

/** Passes a text on, in pieces as it comes, changed where it has to be. `end` gives what was held back; then it may begin anew. */
export interface TextFilter {
  push(text: string): string;
  end(): string;
}

/** Told of each finding, once. What it gives takes the finding's place; undefined leaves it. Throws to let nothing more pass. */
export type OnFinding = (finding: Finding, text: string) => string | undefined;

/** Characters before the settled text that decide whether a word begins. */
const contextLength = 2;

/** Characters of a text that are held back at most; what is longer is decided as it stands. */
const mostHeld = 20_000;

/** Of a text of that length no piece is looked at alone: it has to grow first, so that many small ones cost no more than one. */
const longHeld = 256;
const growth = 1.25;

/**
 * Looks through a text that comes in pieces. Only what may still become a finding is held back, so that the outcome is the same
 * however the text is cut. Of a finding that is changed nothing has passed before.
 */
export class ScanFilter implements TextFilter {
  readonly #scanner: Scanner;
  readonly #onFinding: OnFinding;
  #context = "";
  #held = "";
  /** What is held is not looked at again while it is shorter. */
  #again = 0;
  /** A finding went on for longer than can be held: it ends with its word. */
  #overlong = false;

  constructor(scanner: Scanner, onFinding: OnFinding) {
    this.#scanner = scanner;
    this.#onFinding = onFinding;
  }

  push(text: string): string {
    if (text === "") return "";
    const fresh = this.#overlong ? this.#afterWord(text) : text;
    this.#held += fresh;
    if (this.#held.length < this.#again) return "";
    const buffer = this.#context + this.#held;
    const from = this.#context.length;
    let until = Math.max(from, this.#scanner.pending(buffer));
    const found = this.#scanner.find(buffer, from);
    const full = buffer.length - until > mostHeld;
    if (full) until = buffer.length;
    else for (const { start, end } of found) if (start < until && end > until) until = start;
    const out = this.#settled(buffer, from, until, found);
    this.#overlong ||= full && found.some(({ end, deed }) => end === buffer.length && deed !== "flag");
    return out;
  }

  end(): string {
    const buffer = this.#context + this.#held;
    const from = this.#context.length;
    const out = this.#held === "" ? "" : this.#settled(buffer, from, buffer.length, this.#scanner.find(buffer, from));
    this.#context = "";
    this.#overlong = false;
    return out;
  }

  #settled(buffer: string, from: number, until: number, found: readonly Finding[]): string {
    const out = replaced(buffer, found, this.#onFinding, { from, until });
    this.#held = buffer.slice(until);
    this.#again = this.#held.length > longHeld ? this.#held.length * growth : 0;
    this.#context = buffer.slice(Math.max(0, until - contextLength), until);
    return out;
  }

  #afterWord(text: string): string {
    const end = text.search(/[\s"']/);
    if (end === -1) return "";
    this.#overlong = false;
    return text.slice(end);
  }
}

/** The text from `from` to `until` with its findings replaced; those that begin later are left for another time. */
export function replaced(
  text: string,
  found: readonly Finding[],
  onFinding: OnFinding,
  { from, until }: { readonly from: number; readonly until: number } = { from: 0, until: text.length },
): string {
  let out = "";
  let at = from;
  for (const finding of found) {
    const { start } = finding;
    if (start >= until) continue;
    const instead = onFinding(finding, text.slice(start, finding.end));
    if (instead === undefined || start < at) continue;
    out += text.slice(at, start) + instead;
    at = finding.end;
  }
  return out + text.slice(at, until);
}

/**
 * The text after as many passes as it takes: what takes a finding's place can make a finding of what stands beside it. Bounded, as
 * nothing makes sure that it ends.
 *
 * @param onUnsettled told where the bound was reached
 */
export function settled(text: string, pass: (text: string) => string, onUnsettled?: () => void): string {
  let out = text;
  for (let passes = 0; passes < 8; passes++) {
    const next = pass(out);
    if (next === out) return out;
    out = next;
  }
  onUnsettled?.();
  return out;
}

/** The second after the first. */
export class FilterPair implements TextFilter {
  readonly #first: TextFilter;
  readonly #second: TextFilter;

  constructor(first: TextFilter, second: TextFilter) {
    this.#first = first;
    this.#second = second;
  }

  push(text: string): string {
    return this.#second.push(this.#first.push(text));
  }

  end(): string {
    return this.#second.push(this.#first.end()) + this.#second.end();
  }
}
