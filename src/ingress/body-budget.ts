import { GatewayError } from "../canonical/error.ts";

/**
 * Bounds what the request bodies of all calls may take together: each alone is bounded, but thousands of callers may send the
 * largest at once.
 */
export class BodyBudget {
  #left: number;

  /** @param bytes for all bodies that are being read, or whose call has no reply yet */
  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Throws `gateway_overloaded` where so many bytes are not to be had. */
  take(bytes: number): void {
    if (bytes > this.#left) {
      throw new GatewayError("gateway_overloaded", "The gateway holds as many request bodies as it can. Try again in a moment.", {
        retryAfterMs: 1000,
      });
    }
    this.#left -= bytes;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}
