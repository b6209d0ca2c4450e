import { isIP } from "node:net";
import type { Clock } from "../canonical/ports.ts";
import { bareHost, type EgressPolicy, portOf, type Refusal } from "./egress.ts";
import { type Egress, type Network, systemNetwork } from "./network.ts";

/** A name that is not resolved by then is left to whoever will connect. */
const patienceMs = 1000;
/** How long an answer holds; how many are kept; how many are asked for at a time. */
const freshMs = 30_000;
const mostKept = 1000;
const mostAsked = 8;

interface Kept {
  readonly until: number;
  readonly policy: EgressPolicy;
  readonly refusal: Promise<Refusal | undefined>;
}

/**
 * Judges URLs that callers name, whoever will connect to them: this gateway, which looks again when it connects, or a provider,
 * whose own network may be the operator's.
 */
export class CallerUrls {
  readonly #policy: () => EgressPolicy;
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #asking = 0;

  constructor({ policy, network = systemNetwork }: Egress, clock: Clock) {
    this.#policy = policy;
    this.#network = network;
    this.#clock = clock;
  }

  /** What the URL itself tells. */
  refusal(url: URL): Refusal | undefined {
    return this.#policy().refusalOf(url);
  }

  /**
   * What its name tells once it is resolved: refused where any of its addresses is. A name that nobody knows, or not in time, is
   * not refused, and under a flood of names none is asked for: this is the second of two looks where the gateway itself
   * connects, and where a provider does the first.
   */
  resolved(url: URL): Promise<Refusal | undefined> {
    const host = bareHost(url.hostname);
    if (isIP(host) !== 0) return Promise.resolve(undefined);
    const port = portOf(url);
    const key = `${host}:${port}`;
    const policy = this.#policy();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.policy === policy && this.#clock.now() < kept.until) return kept.refusal;
    if (this.#asking >= mostAsked) return Promise.resolve(undefined);
    const refusal = this.#ask(host, port, policy);
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(key, { until: this.#clock.now() + freshMs, policy, refusal });
    return refusal;
  }

  #ask(host: string, port: number, policy: EgressPolicy): Promise<Refusal | undefined> {
    this.#asking++;
    return new Promise((resolve) => {
      const stop = this.#clock.after(patienceMs, () => resolve(undefined));
      this.#network
        .resolve(host)
        .then(
          (found) => {
            for (const { address } of found) {
              const refusal = policy.refusal(host, port, address);
              if (refusal !== undefined) return refusal;
            }
            return undefined;
          },
          () => undefined,
        )
        .then((refusal) => {
          this.#asking--;
          stop();
          resolve(refusal);
        });
    });
  }
}
