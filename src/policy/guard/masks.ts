import type { TextFilter } from "./text-filter.ts";

const standIn = /<[A-Z][A-Z_]{0,20}_(?:[a-z0-9]{4}_)?\d{1,6}>/g;
/** What may become one at the end of a text. */
const begun = /<[A-Za-z0-9_]{0,40}$/;

/**
 * Stand-ins for what a provider is not to see, the same for the same text, and what they stand for. Made anew for each call from
 * its own text, in its order: a conversation that goes on gets the same ones again.
 */
export class Masks {
  readonly #byText = new Map<string, string>();
  readonly #byMask = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #taken = new Set<string>();
  readonly #mark: string;

  /** @param mark told apart from those of calls whose text is not at hand; "" where all of it is */
  constructor(mark: string) {
    this.#mark = mark;
  }

  get size(): number {
    return this.#byMask.size;
  }

  /** Stand-ins that the text holds already are somebody else's. */
  avoid(text: string): void {
    for (const [found] of text.matchAll(standIn)) this.#taken.add(found);
  }

  of(text: string, kind: string): string {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const name = kind.toUpperCase();
    let mask: string;
    do {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      mask = `<${name}_${this.#mark}${count}>`;
    } while (this.#taken.has(mask));
    this.#byText.set(text, mask);
    this.#byMask.set(mask, text);
    return mask;
  }

  /** The text with what its stand-ins stand for; those that nobody gave out are left. */
  restored(text: string, onRestored: () => void): string {
    return text.replace(standIn, (mask) => {
      const meant = this.#byMask.get(mask);
      if (meant !== undefined) onRestored();
      return meant ?? mask;
    });
  }
}

/** Puts back what was masked. */
export class RestoreFilter implements TextFilter {
  readonly #masks: Masks;
  readonly #onRestored: () => void;
  #held = "";

  constructor(masks: Masks, onRestored: () => void) {
    this.#masks = masks;
    this.#onRestored = onRestored;
  }

  push(text: string): string {
    if (this.#held === "" && !text.includes("<")) return text;
    const buffer = this.#held + text;
    const tail = buffer.lastIndexOf("<");
    const at = tail === -1 || !begun.test(buffer.slice(tail)) ? buffer.length : tail;
    this.#held = buffer.slice(at);
    return this.#masks.restored(buffer.slice(0, at), this.#onRestored);
  }

  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}
