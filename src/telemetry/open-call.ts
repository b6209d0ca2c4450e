import type { Call } from "../canonical/call.ts";
import type { Cost } from "../canonical/cost.ts";
import type { GatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import type { Again, CallFacts } from "./call-facts.ts";
import type { CallSpan } from "./tracing.ts";

/**
 * A call under way, as telemetry sees it: it is over once its handler has failed, or has given a reply and no attempt is open
 * any more (a stream's attempt ends with the stream). Holds nothing of the request.
 */
export class OpenCall {
  readonly span: CallSpan | undefined;
  readonly #id: string;
  readonly #keyId: string;
  readonly #wire: string;
  readonly #operation: Operation;
  readonly #stream: boolean;
  readonly #requestedModel: string;
  readonly #startedAt: number;
  #attempts = 0;
  #open = 0;
  #replied = false;
  #start: AttemptStart | undefined;
  #end: AttemptEnd | undefined;
  #contentAt: number | undefined;
  #costNano: bigint | undefined;

  constructor(call: Call, startedAt: number, span: CallSpan | undefined) {
    this.#id = call.id;
    this.#keyId = call.caller.keyId;
    this.#wire = call.callerWire ?? "canonical";
    this.#operation = call.operation;
    this.#stream = call.stream;
    this.#requestedModel = call.model;
    this.#startedAt = startedAt;
    this.span = span;
  }

  /** Gives why there is another attempt, if there was one before. */
  begin(start: AttemptStart): Again | undefined {
    const before = this.#start;
    const reason = this.#end?.errorCode ?? "unknown";
    this.#start = start;
    this.#attempts++;
    this.#open++;
    if (before === undefined) return undefined;
    const same = before.provider === start.provider && before.upstreamModel === start.upstreamModel;
    return { kind: same ? "retry" : "fallback", reason };
  }

  /** An attempt is over. True: so is the call. */
  settle(start: AttemptStart, end: AttemptEnd, cost: Cost | undefined, now: number): boolean {
    this.#open--;
    this.#start = start;
    this.#end = end;
    if (cost !== undefined) this.#costNano = (this.#costNano ?? 0n) + cost.nano;
    if (end.firstContentMs !== undefined) this.#contentAt = now - end.durationMs + end.firstContentMs;
    return this.#replied && this.#open === 0;
  }

  /** Somebody is still listening to its answer: it is not over before `release`. */
  hold(): void {
    this.#open++;
  }

  /** True: the call is over. */
  release(): boolean {
    this.#open--;
    return this.#replied && this.#open === 0;
  }

  /** The handler has given a reply. True: the call is over with it. */
  reply(): boolean {
    this.#replied = true;
    return this.#open === 0;
  }

  /**
   * What is to be said of it.
   *
   * @param error what the handler failed with
   */
  facts(now: number, error: GatewayError | undefined): CallFacts {
    const end = this.#end;
    const code = error?.code ?? end?.errorCode;
    return {
      id: this.#id,
      keyId: this.#keyId,
      wire: this.#wire,
      operation: this.#operation,
      stream: this.#stream,
      requestedModel: this.#requestedModel,
      provider: this.#start?.provider,
      upstreamModel: this.#start?.upstreamModel,
      servedModel: end?.servedModel,
      attempts: this.#attempts,
      terminal: error === undefined ? (end?.terminal ?? "finished") : terminalKind(error),
      code,
      message: error?.message,
      status: error?.status ?? 200,
      durationMs: now - this.#startedAt,
      firstContentMs: this.#contentAt === undefined ? undefined : this.#contentAt - this.#startedAt,
      finishReason: end?.finishReason,
      usage: end?.usage,
      costNano: this.#costNano,
    };
  }
}

function terminalKind({ code }: GatewayError): CallFacts["terminal"] {
  if (code === "cancelled") return "cancelled";
  return code === "truncated" ? "truncated" : "error";
}
