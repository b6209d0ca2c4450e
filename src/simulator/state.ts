import type { Clock } from "../canonical/ports.ts";
import { PromptCache } from "./brain/cache.ts";
import { Signer } from "./brain/signer.ts";
import type { Journal } from "./journal.ts";
import { ResponseStore } from "./openai-responses/stored.ts";
import type { Pace } from "./plan.ts";
import type { Recordings } from "./replay.ts";
import type { SpecValidators } from "./validators/spec.ts";

export interface StateOptions {
  readonly pace: Pace;
  readonly seed: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly recordings: Recordings | undefined;
  readonly specs: SpecValidators | undefined;
}

const mostKeys = 10_000;

/** What a running simulator knows and remembers. */
export class State {
  readonly pace: Pace;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly recordings: Recordings | undefined;
  readonly specs: SpecValidators | undefined;
  readonly signer: Signer;
  readonly cache = new PromptCache();
  readonly responses = new ResponseStore();
  readonly #attempts = new Map<string, number>();
  #minted = 0;

  constructor(options: StateOptions) {
    this.pace = options.pace;
    this.clock = options.clock;
    this.journal = options.journal;
    this.recordings = options.recordings;
    this.specs = options.specs;
    const { recordings } = options;
    this.signer = new Signer(options.seed, recordings && ((text) => recordings.issued(text)));
  }

  /** An id never given before. */
  mint(prefix: string): string {
    return `${prefix}sim${String(++this.#minted).padStart(20, "0")}`;
  }

  /** How often a key has been seen, this time included. */
  attempt(key: string): number {
    const count = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.delete(key);
    this.#attempts.set(key, count);
    if (this.#attempts.size > mostKeys) {
      const [oldest] = this.#attempts.keys();
      if (oldest !== undefined) this.#attempts.delete(oldest);
    }
    return count;
  }
}
