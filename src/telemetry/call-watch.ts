import type { Call, CallRecord } from "../canonical/call.ts";
import { type GatewayError, toGatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { AttemptEnd, AttemptLog, AttemptStart, Clock, OpenAttempt } from "../canonical/ports.ts";
import type { Reply, Step } from "../canonical/reply.ts";
import type { CallFacts } from "./call-facts.ts";
import { cleanEnd, cleanStart } from "./clean-attempt.ts";
import type { CallMetrics } from "./metrics.ts";
import { OpenCall } from "./open-call.ts";
import type { Redactor } from "./redact.ts";
import { inputOf, listened, wholeOutput } from "./span-content.ts";
import type { AttemptSpan, Tracing } from "./tracing.ts";

export interface CallWatchOptions {
  readonly clock: Clock;
  readonly redactor: Redactor;
  /** Told of every call that is over. */
  readonly onEnd: (facts: CallFacts) => void;
  readonly metrics?: CallMetrics | undefined;
  readonly tracing?: Tracing | undefined;
}

/**
 * Follows calls from their beginning to the end of their last attempt: the outermost step sees them begin and reply, the tee in
 * front of the ledger sees their attempts. A stream is over when its attempt is settled, so that nothing is done per chunk.
 */
export class CallWatch {
  readonly #options: CallWatchOptions;
  readonly #calls = new Map<string, OpenCall>();

  constructor(options: CallWatchOptions) {
    this.#options = options;
  }

  /** Calls that have begun and are not over. */
  get inFlight(): number {
    return this.#calls.size;
  }

  readonly step: Step = (next) => {
    return <Op extends Operation>(call: Call<Op>): Promise<Reply<Op>> => {
      const { clock, tracing, redactor } = this.#options;
      const open = new OpenCall(call, clock.now(), tracing?.begin(call, clock.wall()));
      const { id } = call;
      if (tracing?.content === true) open.span?.said(inputOf(call), undefined);
      this.#calls.set(id, open);
      return next(call).then(
        (reply) => {
          this.#clean(call.record);
          const given = tracing?.content === true ? this.#listen(id, open, reply) : reply;
          if (open.reply()) this.#end(id, open, undefined);
          return given;
        },
        (thrown) => {
          const error = toGatewayError(thrown).withoutSecrets(redactor.redact);
          this.#clean(call.record);
          this.#end(id, open, error);
          throw error;
        },
      );
    };
  };

  #listen<Op extends Operation>(id: string, open: OpenCall, reply: Reply<Op>): Reply<Op> {
    if (!reply.stream) {
      open.span?.said(undefined, wholeOutput(reply));
      return reply;
    }
    open.hold();
    return listened(reply, (output) => {
      open.span?.said(undefined, output);
      if (open.release()) this.#end(id, open, undefined);
    });
  }

  /** What goes into the log goes in without secrets, and is seen by telemetry on the way. */
  attempts(log: AttemptLog): AttemptLog {
    return { begin: (start) => this.#begin(log, cleanStart(start, this.#options.redactor)) };
  }

  #begin(log: AttemptLog, start: AttemptStart): OpenAttempt {
    const call = this.#calls.get(start.callId);
    const again = call?.begin(start);
    this.#options.metrics?.attemptBegan(start, again);
    const span = call?.span?.attempt(start, again);
    return new WatchedAttempt(this, log.begin(start), start, call, span);
  }

  /** For WatchedAttempt. */
  settled(attempt: WatchedAttempt, given: AttemptEnd, booked: boolean): ReturnType<OpenAttempt["settle"]> {
    const { metrics, redactor, clock } = this.#options;
    const { open, start, call, span } = attempt;
    const end = cleanEnd(given, redactor);
    let cost: ReturnType<OpenAttempt["settle"]>;
    if (booked) cost = open.settle(end);
    else open.void(end);
    metrics?.attemptEnded(start, end, cost);
    span?.end(end, cost);
    if (call?.settle(start, end, cost, clock.now()) === true) this.#end(start.callId, call, undefined);
    return cost;
  }

  #end(id: string, open: OpenCall, error: GatewayError | undefined): void {
    if (!this.#calls.delete(id)) return;
    const facts = open.facts(this.#options.clock.now(), error);
    this.#options.metrics?.callEnded(facts);
    open.span?.end(facts);
    this.#options.onEnd(facts);
  }

  /** What the reply's headers say. A caller may have named a model by a secret. */
  #clean(record: CallRecord): void {
    if (record.model !== undefined) record.model = this.#options.redactor.redactName(record.model);
  }
}

class WatchedAttempt implements OpenAttempt {
  readonly open: OpenAttempt;
  readonly start: AttemptStart;
  readonly call: OpenCall | undefined;
  readonly span: AttemptSpan | undefined;
  readonly #watch: CallWatch;
  #over = false;

  constructor(
    watch: CallWatch,
    open: OpenAttempt,
    start: AttemptStart,
    call: OpenCall | undefined,
    span: AttemptSpan | undefined,
  ) {
    this.#watch = watch;
    this.open = open;
    this.start = start;
    this.call = call;
    this.span = span;
  }

  get traceparent(): string | undefined {
    return this.span?.traceparent;
  }

  settle(end: AttemptEnd): ReturnType<OpenAttempt["settle"]> {
    if (this.#over) return undefined;
    this.#over = true;
    return this.#watch.settled(this, end, true);
  }

  void(end: AttemptEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#watch.settled(this, end, false);
  }
}
