import type { Finding, Scanner } from "./scanner.ts";
import type { OnFinding, TextFilter } from "./text-filter.ts";

/** Characters of earlier parts that are remembered. */
const remembered = 4096;

/** Of a beginning that is held no more than this; longer, it is decided as it stands. */
const mostHeld = 20_000;
/** Of so much no piece is looked at alone. */
const longHeld = 256;
const growth = 1.25;

/** What earlier parts of an answer said that its caller reads as one text. */
export class Tail {
  text = "";

  add(text: string): void {
    this.text += text;
    if (this.text.length > 2 * remembered) this.text = this.text.slice(-remembered);
  }
}

/**
 * Takes from the beginning of a part what goes on with a finding that began in a part before: that one has gone out already. It is
 * held back while what it goes on with is not known.
 */
export class SeamFilter implements TextFilter {
  readonly #inner: TextFilter;
  readonly #scanner: Scanner;
  readonly #onFinding: OnFinding;
  readonly #tail: Tail;
  readonly #before: string;
  #open: boolean;
  #held = "";
  #again = 0;

  constructor(inner: TextFilter, tail: Tail, scanner: Scanner, onFinding: OnFinding) {
    this.#inner = inner;
    this.#tail = tail;
    this.#scanner = scanner;
    this.#onFinding = onFinding;
    this.#before = tail.text.slice(-remembered);
    this.#open = this.#before !== "";
  }

  push(text: string): string {
    this.#tail.add(text);
    if (!this.#open) return this.#inner.push(text);
    this.#held += text;
    if (this.#held.length < this.#again) return "";
    const buffer = this.#before + this.#held;
    const found = this.#scanner.find(buffer);
    if (this.#held.length <= mostHeld && !this.#isSettled(buffer, found)) {
      this.#again = this.#held.length > longHeld ? this.#held.length * growth : 0;
      return "";
    }
    return this.#settle(buffer, found);
  }

  end(): string {
    const buffer = this.#before + this.#held;
    const held = this.#open && this.#held !== "" ? this.#settle(buffer, this.#scanner.find(buffer)) : "";
    return held + this.#inner.end();
  }

  /** Nothing that begins before the seam goes on to where more might change it. */
  #isSettled(buffer: string, found: readonly Finding[]): boolean {
    const until = this.#scanner.pending(buffer);
    const seam = this.#before.length;
    return until >= seam && found.every(({ start, end }) => start >= seam || end <= until);
  }

  #settle(buffer: string, found: readonly Finding[]): string {
    this.#open = false;
    const seam = this.#before.length;
    let from = seam;
    let instead = "";
    for (const finding of found) {
      if (finding.start >= seam || finding.end <= seam) continue;
      const other = this.#onFinding(finding, buffer.slice(finding.start, finding.end));
      if (other === undefined || finding.end <= from) continue;
      instead = other;
      from = finding.end;
    }
    this.#held = "";
    return this.#inner.push(instead + buffer.slice(from));
  }
}
