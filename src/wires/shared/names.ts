/*
 * Providers limit how long a tool's name or a call's id may be and of what characters it may consist. What does not fit is
 * shortened so that the same input always gives the same output (the caller sends its own name again on the next turn), and
 * the original is found again in the reply.
 */

/**
 * Twelve characters of [0-9a-z] that differ for different texts: two 32-bit FNV-1a sums over the UTF-16 units, one of them
 * taken backwards. For telling names apart, not for secrets.
 */
export function digest(text: string): string {
  let forth = 0x811c9dc5;
  let back = 0x050c5d1f;
  for (let at = 0; at < text.length; at++) {
    forth = Math.imul(forth ^ text.charCodeAt(at), 0x01000193);
    back = Math.imul(back ^ text.charCodeAt(text.length - 1 - at), 0x01000193);
  }
  const spell = (sum: number): string => (sum >>> 0).toString(36).padStart(7, "0").slice(-6);
  return spell(forth) + spell(back);
}

/** Fits names to a limit and finds the originals again. One per request: it remembers what it fitted. */
export class Names {
  readonly #limit: number;
  readonly #illegal: RegExp | undefined;
  readonly #originals = new Map<string, string>();

  /**
   * @param limit most characters a name may have; under 14 nothing readable is left of a name that does not fit
   * @param illegal matches, with the `g` flag, the characters that may not stand in a name
   */
  constructor(limit: number, illegal?: RegExp) {
    this.#limit = limit;
    this.#illegal = illegal;
  }

  /** The name as the provider may have it: itself where it fits, else a readable beginning and a digest of the whole. */
  fit(name: string): string {
    const legal = this.#illegal === undefined ? name : name.replace(this.#illegal, "_");
    if (legal === name && name.length <= this.#limit) return name;
    const room = this.#limit - 13;
    const fitted = room > 0 ? `${legal.slice(0, room)}_${digest(name)}` : digest(name).slice(0, this.#limit);
    this.#originals.set(fitted, name);
    return fitted;
  }

  /** The name that was fitted to this one; itself where none was. */
  original(fitted: string): string {
    return this.#originals.get(fitted) ?? fitted;
  }

  /** Names that had to be changed so far. */
  get changed(): readonly string[] {
    return [...this.#originals.values()];
  }
}
