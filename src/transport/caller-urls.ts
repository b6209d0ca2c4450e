import { isIP } from "node:net";
import type { Clock } from "../canonical/ports.ts";
import { bareHost, type EgressPolicy, portOf, type Refusal } from "./egress.ts";
import { type Address, type Egress, type Network, systemNetwork } from "./network.ts";

/** How long a name is waited for. */
const patienceMs = 1000;
/** How long an answer holds, and how many are kept. */
const freshMs = 30_000;
const mostKept = 1000;
/** Names that are asked for at a time: each may hold a thread of Node's few, and providers' names need some, too. */
const mostAsked = 2;
const mostWaiting = 256;

interface Kept {
  readonly until: number;
  readonly policy: EgressPolicy;
  readonly refusal: Promise<Refusal | "unknown" | undefined>;
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
  readonly #waiting: (() => Promise<void>)[] = [];
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
   * What its name tells once it is resolved: refused where any of its addresses is. A name that nobody knows is
   * not refused. "unknown": the answer did not come in time, or so many names wait that none more is asked for. This is the
   * second of two looks where the gateway itself connects, and where a provider does the first.
   */
  resolved(url: URL): Promise<Refusal | "unknown" | undefined> {
    const host = bareHost(url.hostname);
    if (isIP(host) !== 0) return Promise.resolve(undefined);
    const port = portOf(url);
    const key = `${host}:${port}`;
    const policy = this.#policy();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.policy === policy && this.#clock.now() < kept.until) return kept.refusal;
    if (this.#waiting.length >= mostWaiting) return Promise.resolve("unknown");
    const refusal = this.#ask(host, port, policy, () => this.#kept.delete(key));
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(key, { until: this.#clock.now() + freshMs, policy, refusal });
    return refusal;
  }

  #ask(host: string, port: number, policy: EgressPolicy, onLate: () => void): Promise<Refusal | "unknown" | undefined> {
    return new Promise((resolve) => {
      let late = false;
      const stop = this.#clock.after(patienceMs, () => {
        late = true;
        onLate();
        resolve("unknown");
      });
      this.#waiting.push(async () => {
        if (late) return;
        const refusal = await judged(this.#network.resolve(host), host, port, policy);
        stop();
        resolve(refusal);
      });
      this.#next();
    });
  }

  #next(): void {
    if (this.#asking >= mostAsked) return;
    const ask = this.#waiting.shift();
    if (ask === undefined) return;
    this.#asking++;
    ask().finally(() => {
      this.#asking--;
      this.#next();
    });
  }
}

/** Refused where any of its addresses is; a name that cannot be resolved is not. */
async function judged(
  resolving: Promise<readonly Address[]>,
  host: string,
  port: number,
  policy: EgressPolicy,
): Promise<Refusal | undefined> {
  const found = await resolving.catch(() => []);
  for (const { address } of found) {
    const refusal = policy.refusal(host, port, address);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
