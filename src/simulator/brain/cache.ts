import { createHash } from "node:crypto";

/** The prompt cache a provider keeps: which prefixes it has seen. Bounded; forgets the oldest. */
export class PromptCache {
  readonly #seen = new Set<string>();

  /** Whether the prefix was seen before; from now on it was. */
  visit(prefix: string): boolean {
    const key = createHash("sha256").update(prefix).digest("base64");
    if (this.#seen.has(key)) return true;
    if (this.#seen.size >= 1000) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    this.#seen.add(key);
    return false;
  }
}
