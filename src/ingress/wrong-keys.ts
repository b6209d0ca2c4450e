import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import { addressGroup } from "./addresses.ts";

interface Bucket {
  tokens: number;
  /** When they were counted. */
  at: number;
}

/** Wrong keys that an address may present at once, and again within a minute. */
const burst = 20;
const perMs = burst / 60_000;
/** Addresses remembered; past it the one longest unheard of is forgotten. */
const most = 10_000;

/** Slows down who guesses keys. A right key is taken all the same, from whatever address it comes. */
export class WrongKeys {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** A wrong key came from there, and `error` says so: gives what is to be answered. */
  refuse(remote: string | undefined, error: GatewayError): GatewayError {
    const bucket = this.#bucket(addressGroup(remote ?? ""));
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return error;
    }
    return new GatewayError("rate_limited", "Too many wrong keys came from this address. Send the right one, or wait.", {
      retryAfterMs: Math.ceil((1 - bucket.tokens) / perMs),
    });
  }

  #bucket(address: string): Bucket {
    const now = this.#clock.now();
    const known = this.#buckets.get(address);
    this.#buckets.delete(address);
    const bucket = known ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * perMs);
    bucket.at = now;
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > most) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
