import type { Call } from "../canonical/call.ts";
import type { Cost } from "../canonical/cost.ts";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import type { Again, CallFacts } from "./call-facts.ts";

/** In spans since the start. */
export interface SpanCounts {
  readonly exported: number;
  /** Lost: more than may wait, or the collector did not take them. */
  readonly dropped: number;
  readonly waiting: number;
}

/** Traces as calls see them. No method waits; what a dead collector does not take is dropped. */
export interface Tracing {
  /** What was said is to be told, too. */
  readonly content: boolean;
  /** Begins a call's span, within the trace that its caller is in. */
  begin(call: Call, wallMs: number): CallSpan;
  counts(): SpanCounts;
  /** Sends what waits, for so long at most. */
  close(patienceMs: number): Promise<void>;
}

export interface CallSpan {
  /** What was said, as JSON. */
  said(input: string | undefined, output: string | undefined): void;
  attempt(start: AttemptStart, again: Again | undefined): AttemptSpan;
  end(facts: CallFacts): void;
}

export interface AttemptSpan {
  /** What a provider that is to go on with the trace is sent; absent where it is not. */
  readonly traceparent?: string | undefined;
  end(end: AttemptEnd, cost: Cost | undefined): void;
}
