import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import { addressGroup } from "./addresses.ts";

const minuteMs = 60_000;
/** Addresses remembered; past it the one longest unheard of is forgotten. */
const most = 10_000;

/** Slows down who guesses keys. A right key is taken all the same, from whatever address it comes. */
export class WrongKeys {
  readonly #clock: Clock;
  /** Of each address, when its wrong keys would be paid off one after the other. */
  readonly #debts = new Map<string, number>();

  readonly #eachMs: number;

  /** @param burst wrong keys that an address may present at once, and again within a minute */
  constructor(clock: Clock, burst: number) {
    this.#clock = clock;
    this.#eachMs = minuteMs / burst;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#debts.size;
  }

  /** A wrong key came from there, and `error` says so: gives what is to be answered. */
  refuse(remote: string | undefined, error: GatewayError): GatewayError {
    const now = this.#clock.now();
    const address = addressGroup(remote ?? "");
    const paid = Math.max(now, this.#debts.get(address) ?? 0) + this.#eachMs;
    const early = paid - now - minuteMs;
    this.#remember(address, early > 0 ? paid - this.#eachMs : paid);
    if (early <= 0) return error;
    return new GatewayError("rate_limited", "Too many wrong keys came from this address. Send the right one, or wait.", {
      retryAfterMs: Math.ceil(early),
    });
  }

  #remember(address: string, paid: number): void {
    this.#debts.delete(address);
    this.#debts.set(address, paid);
    if (this.#debts.size <= most) return;
    const [oldest] = this.#debts.keys();
    if (oldest !== undefined) this.#debts.delete(oldest);
  }
}
