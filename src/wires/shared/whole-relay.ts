import type { JsonObject } from "../../canonical/json.ts";
import type { Observed, Relay } from "../wire.ts";

/** Passes a whole reply on as it came; there is no other. */
export class WholeRelay implements Relay {
  readonly interesting = /(?:)/;
  readonly #read: (body: JsonObject) => Partial<Observed>;
  readonly #fits: (body: JsonObject) => boolean;
  #observed: Observed = { content: false, ended: false, done: false };

  /**
   * @param read what a reply tells of itself
   * @param fits whether it is a reply at all
   */
  constructor(read: (body: JsonObject) => Partial<Observed>, fits: (body: JsonObject) => boolean) {
    this.#read = read;
    this.#fits = fits;
  }

  push(): "keep" {
    return "keep";
  }

  whole(body: JsonObject): "keep" {
    const over = this.#fits(body);
    this.#observed = { ...(over && this.#read(body)), content: over, ended: over, done: over };
    return "keep";
  }

  cut(): readonly never[] {
    return [];
  }

  observed(): Observed {
    return this.#observed;
  }
}
