import type { ErrorCode } from "../canonical/error.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Usage } from "../canonical/usage.ts";

/** What an attempt's counters are told apart by. */
export interface AttemptKind {
  readonly provider: string;
  readonly model: string;
  readonly terminal: Terminal["kind"];
  readonly code: ErrorCode | undefined;
}

/** The attempts of one kind since the metrics were read last. */
export interface AttemptTally extends AttemptKind {
  attempts: number;
  unpriced: number;
  dollars: number;
  readonly tokens: { [bucket in Bucket]: number };
}

export interface CallKind extends AttemptKind {
  readonly wire: string;
  readonly operation: string;
}

export interface CallTally extends CallKind {
  calls: number;
}

export const buckets = [
  "inputUncached",
  "cacheRead",
  "cacheWrite5m",
  "cacheWrite1h",
  "outputVisible",
  "outputReasoning",
] as const;
export type Bucket = (typeof buckets)[number];

/**
 * Counts beside the library for metrics, which is handed them when somebody reads: one look-up per call here in place of one per
 * counter there, a third of the time.
 */
export class Tallies {
  readonly #attempts = new Map<string, AttemptTally>();
  readonly #calls = new Map<string, CallTally>();

  attempt(kind: AttemptKind, usage: Usage | undefined, costNano: bigint | undefined): void {
    const { provider, model, terminal, code } = kind;
    const key = `${provider}\n${model}\n${terminal}\n${code}`;
    let tally = this.#attempts.get(key);
    if (tally === undefined) {
      tally = { ...kind, attempts: 0, unpriced: 0, dollars: 0, tokens: noTokens() };
      this.#attempts.set(key, tally);
    }
    tally.attempts++;
    if (usage === undefined) return;
    for (const bucket of buckets) tally.tokens[bucket] += usage[bucket];
    if (costNano === undefined) tally.unpriced++;
    else tally.dollars += Number(costNano) / 1e9;
  }

  call(kind: CallKind): void {
    const { wire, operation, provider, model, terminal, code } = kind;
    const key = `${wire}\n${operation}\n${provider}\n${model}\n${terminal}\n${code}`;
    const tally = this.#calls.get(key);
    if (tally === undefined) this.#calls.set(key, { ...kind, calls: 1 });
    else tally.calls++;
  }

  /** What was counted since; counting begins anew. */
  take(): { readonly attempts: readonly AttemptTally[]; readonly calls: readonly CallTally[] } {
    const taken = { attempts: [...this.#attempts.values()], calls: [...this.#calls.values()] };
    this.#attempts.clear();
    this.#calls.clear();
    return taken;
  }
}

const noTokens = (): AttemptTally["tokens"] => ({
  inputUncached: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  outputVisible: 0,
  outputReasoning: 0,
});
