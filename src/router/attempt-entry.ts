import type { Call, CallRecord } from "../canonical/call.ts";
import type { GatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { AttemptEnd, AttemptLog, Clock, OpenAttempt, Pins } from "../canonical/ports.ts";
import { finished, type Terminal } from "../canonical/terminal.ts";
import type { Warnings } from "../canonical/warnings.ts";
import { TransportError, type UpstreamReply } from "../transport/http-transport.ts";
import type { Observed, ReplyDecoder } from "../wires/wire.ts";
import type { Candidate } from "./candidate.ts";
import { type Note, noteOf } from "./kept-answers.ts";
import { requestId } from "./reply-headers.ts";
import { terminalOf } from "./upstream-stream.ts";

/**
 * An attempt's open ledger entry, with the times it has seen; it keeps the call's record up to date as well. It lives as long as
 * a stream does and therefore holds nothing of the request.
 */
export class AttemptEntry {
  readonly startedAt: number;
  readonly provider: string;
  readonly callId: string;
  readonly #open: OpenAttempt;
  readonly #record: CallRecord;
  readonly #warnings: Warnings;
  readonly #stream: boolean;
  readonly #clock: Clock;
  readonly #note: Note | undefined;
  #upstream: UpstreamReply | undefined;
  #headersMs: number | undefined;
  #contentMs: number | undefined;
  #observed: () => Partial<Observed> = () => ({});

  constructor(
    call: Call,
    candidate: Candidate,
    number: number,
    relayed: boolean,
    { log, clock, pins }: { readonly log: AttemptLog; readonly clock: Clock; readonly pins?: Pins | undefined },
  ) {
    const { provider, model, prices } = candidate.deployment;
    this.startedAt = clock.now();
    this.provider = provider;
    this.callId = call.id;
    this.#record = call.record;
    this.#warnings = call.warnings;
    this.#stream = call.stream;
    this.#clock = clock;
    this.#note = noteOf(call, candidate, pins);
    this.#open = log.begin({
      id: `${call.id}.${number}`,
      callId: call.id,
      number,
      keyId: call.caller.keyId,
      labels: call.labels,
      operation: call.operation,
      callerWire: call.callerWire ?? "canonical",
      provider,
      providerWire: candidate.endpoint.wire.name,
      relayed,
      stream: call.stream,
      requestedModel: call.model,
      upstreamModel: model,
      prices,
      startedAt: clock.wall(),
    });
    call.record.provider = provider;
    call.record.askedModel = model;
    call.record.model = model;
    call.record.attempts = number;
    call.record.headers = {};
  }

  get traceparent(): string | undefined {
    return this.#open.traceparent;
  }

  onHeaders(upstream: UpstreamReply): void {
    this.#upstream = upstream;
    this.#headersMs = this.#clock.now() - this.startedAt;
  }

  onContent(facts: Observed): void {
    this.#contentMs = this.#clock.now() - this.startedAt;
    if (facts.model !== undefined) this.#record.model = facts.model;
    this.#note?.(undefined, facts);
  }

  /** Where to ask what a reply has told of itself, should it fail before content: its usage is billed all the same. */
  observe(facts: () => Partial<Observed>): void {
    this.#observed = facts;
  }

  /** Settles an attempt that failed before its reply was given on; voids one that never reached the provider. */
  fail(error: GatewayError): void {
    const facts = this.#observed();
    if (error instanceof TransportError && !error.requestSent) this.#open.void(this.#end(terminalOf(error), facts));
    else this.settle(terminalOf(error), facts);
  }

  /** What the decoder skipped or mended is the caller's to know. */
  warn({ warnings }: Pick<ReplyDecoder<Operation>, "warnings">): void {
    if (warnings !== undefined && warnings.length > 0) this.#warnings.addAll(warnings);
  }

  /** Settles an attempt whose whole answer is there: when it is certain that nothing of it will be cut. */
  settleWhole(told: Partial<Observed>): void {
    const { postpone } = this.#record;
    if (postpone === undefined) this.settle(finished, told);
    else postpone((terminal) => this.settle(terminal, told));
  }

  settle(terminal: Terminal, told: Partial<Observed>): void {
    const facts = this.#note?.(terminal, told) ?? told;
    if (facts.model !== undefined) this.#record.model = facts.model;
    this.#record.charge(this.#open.settle(this.#end(terminal, facts)));
  }

  /** An error told inside a reply of status 200 counts as the status that it would have come with. */
  #status(terminal: Terminal): number | undefined {
    const arrived = this.#upstream?.status;
    if (arrived !== 200 || !("error" in terminal)) return arrived;
    const { code, upstream, status } = terminal.error;
    return upstream?.body === undefined || code === "bad_reply" ? arrived : (upstream.status ?? status);
  }

  #end(terminal: Terminal, facts: Partial<Observed>): AttemptEnd {
    const durationMs = this.#clock.now() - this.startedAt;
    // A short stream is over before anybody was told of its first content.
    const contentMs = this.#contentMs ?? (this.#stream && facts.content === true ? durationMs : undefined);
    return {
      terminal: terminal.kind,
      errorCode: "error" in terminal ? terminal.error.code : undefined,
      status: this.#status(terminal),
      servedModel: facts.model,
      finishReason: terminal.kind === "limited" ? "length" : facts.finish?.reason,
      finishRaw: facts.finish?.raw ?? undefined,
      usage: facts.usage,
      upstreamRequestId: this.#upstream === undefined ? undefined : requestId(this.#upstream.headers),
      headersMs: this.#headersMs,
      firstContentMs: contentMs,
      durationMs,
      warnings: this.#warnings.list,
    };
  }
}
