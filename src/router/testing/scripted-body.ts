import { GatewayError } from "../../canonical/error.ts";
import type { BodyReader } from "../../transport/http-transport.ts";

/** One network read: bytes, a failure, or a wait that only `cancel()` ends. */
export type ScriptedRead = string | Uint8Array | GatewayError | "…";

/** A body fed from a list; it ends in good order after the last read. Holds its reader to the contract: one read at a time. */
export class ScriptedBody implements BodyReader {
  readonly #reads: ScriptedRead[];
  #failure: GatewayError | undefined;
  #waiting: ((error: GatewayError) => void) | undefined;
  cancelled = false;
  /** The body's end has been read. */
  ended = false;

  constructor(reads: readonly ScriptedRead[]) {
    this.#reads = [...reads];
  }

  /** Reads not yet taken. */
  get left(): number {
    return this.#reads.length;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#waiting !== undefined) throw new Error("two reads at a time");
    if (this.#failure !== undefined) throw this.#failure;
    const next = this.#reads.shift();
    if (next === "…") {
      return new Promise((_, reject) => {
        this.#waiting = reject;
      });
    }
    if (next instanceof GatewayError) {
      this.#failure = next;
      throw next;
    }
    if (next === undefined) this.ended = true;
    return typeof next === "string" ? Buffer.from(next) : next;
  }

  cancel(): void {
    this.cancelled = true;
    this.#failure ??= new GatewayError("cancelled", "The call was cancelled.");
    this.#waiting?.(this.#failure);
    this.#waiting = undefined;
  }
}
