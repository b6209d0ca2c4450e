import type { Cost } from "../canonical/cost.ts";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import type { Again, CallFacts } from "./call-facts.ts";
import { type Gauge, gaugesOf, type Meter } from "./gauges.ts";
import { ModelLabels } from "./model-labels.ts";
import { type Bucket, buckets, Tallies } from "./tallies.ts";

/** What calls tell the counters. */
export interface CallMetrics {
  attemptBegan(start: AttemptStart, again: Again | undefined): void;
  attemptEnded(start: AttemptStart, end: AttemptEnd, cost: Cost | undefined): void;
  callEnded(facts: CallFacts): void;
}

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** A gateway's counters. */
export interface Metrics extends CallMetrics {
  /** An answer other than 2xx was given, by whatever part of the gateway. */
  refused(code: string): void;
  /** Adds figures that are asked for when the metrics are read. */
  add(gauges: readonly Gauge[]): void;
  /** As Prometheus reads them. */
  text(): Promise<MetricsText>;
  /** All of it as data that can be sent to another process, for `mergedMetrics`. */
  snapshot(): Promise<object[]>;
}

/** The metrics of several processes as those of one. */
export async function mergedMetrics(snapshots: readonly object[][]): Promise<MetricsText> {
  const { AggregatorRegistry } = await import("prom-client");
  const registry = AggregatorRegistry.aggregate([...snapshots]);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/** Seconds. Answers of models take from milliseconds (a simulator) to minutes (a long thought). */
const durations = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const kinds = {
  inputUncached: "input_uncached",
  cacheRead: "cache_read",
  cacheWrite5m: "cache_write_5m",
  cacheWrite1h: "cache_write_1h",
  outputVisible: "output_visible",
  outputReasoning: "output_reasoning",
} as const satisfies { [bucket in Bucket]: string };

/** Opens the counters. The library behind them is loaded only here: who needs no metrics does not wait for it. */
export async function openMetrics(): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  const registers = [registry];
  const model = ["provider", "model"] as const;
  const timed = ["operation", ...model] as const;
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({ name, help, labelNames, registers, buckets: durations });
  const calls = counter("polygate_calls_total", "Calls that are over.", ["wire", ...timed, "terminal", "code"]);
  const callSeconds = histogram("polygate_call_duration_seconds", "From a call's arrival to its end.", [...timed, "stream"]);
  const firstSeconds = histogram("polygate_first_content_seconds", "From a streamed call's arrival to its first content.", timed);
  const attempts = counter("polygate_attempts_total", "Attempts that are over.", [...model, "terminal", "code"]);
  const agains = counter("polygate_repeated_attempts_total", "Attempts after a failed one.", ["provider", "kind", "reason"]);
  const tokens = counter("polygate_tokens_total", "Tokens by bucket; each is counted once.", [...model, "kind"]);
  const cost = counter("polygate_cost_dollars_total", "What attempts cost, where the price is known.", model);
  const unpriced = counter("polygate_unpriced_attempts_total", "Attempts that used tokens whose price is not known.", model);
  const refusals = counter("polygate_error_replies_total", "Answers that were errors, of calls or before there was one.", [
    "code",
  ]);
  const labels = new ModelLabels();
  const tallies = new Tallies();
  /** To the library, what was counted since it was read last. */
  const hand = (): void => {
    const taken = tallies.take();
    for (const { provider, model, terminal, code = "", ...tally } of taken.attempts) {
      const of = { provider, model };
      attempts.inc({ ...of, terminal, code }, tally.attempts);
      for (const bucket of buckets)
        if (tally.tokens[bucket] > 0) tokens.inc({ ...of, kind: kinds[bucket] }, tally.tokens[bucket]);
      if (tally.dollars > 0) cost.inc(of, tally.dollars);
      if (tally.unpriced > 0) unpriced.inc(of, tally.unpriced);
    }
    for (const { wire, operation, provider, model, terminal, code = "", calls: count } of taken.calls) {
      calls.inc({ wire, operation, provider, model, terminal, code }, count);
    }
  };
  const meters: Meter = {
    gauge: (name, help, read, aggregator) => {
      new Gauge({
        name,
        help,
        registers,
        aggregator,
        collect() {
          this.set(read());
        },
      });
    },
    counter: (name, help, read) => {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
  };
  return {
    attemptBegan: ({ provider }, again) => {
      if (again !== undefined) agains.inc({ provider, kind: again.kind, reason: again.reason });
    },
    attemptEnded: ({ provider, upstreamModel }, end, price) => {
      const { terminal, errorCode, usage } = end;
      const kind = { provider, model: labels.of(provider, upstreamModel, isAnswer(end)), terminal, code: errorCode };
      tallies.attempt(kind, usage, price?.nano);
    },
    callEnded: (facts) => {
      const { wire, operation, provider = "none", upstreamModel, terminal, code, durationMs, firstContentMs, stream } = facts;
      const named = upstreamModel === undefined ? "none" : labels.of(provider, upstreamModel, false);
      const of = { operation, provider, model: named };
      tallies.call({ wire, ...of, terminal, code });
      callSeconds.observe({ ...of, stream: stream ? "true" : "false" }, durationMs / 1000);
      if (firstContentMs !== undefined) firstSeconds.observe(of, firstContentMs / 1000);
    },
    refused: (code) => refusals.inc({ code }),
    add: (gauges) => gaugesOf(gauges, meters),
    text: async () => {
      hand();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    snapshot: () => {
      hand();
      return registry.getMetricsAsJSON();
    },
  };
}

const isAnswer = ({ terminal }: AttemptEnd): boolean => terminal === "finished" || terminal === "limited";
