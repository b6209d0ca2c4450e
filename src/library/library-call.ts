import { type Call, type Caller, CallRecord, type Labels, type OutputForm } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import { newCallId } from "../canonical/ids.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Clock, Random } from "../canonical/ports.ts";
import { inputTokens, outputTokens, type Usage } from "../canonical/usage.ts";
import { Warnings } from "../canonical/warnings.ts";
import type { LossPolicy } from "./options.ts";
import type { CallOptions } from "./request.ts";
import type { CallFacts, TotalUsage } from "./result.ts";

/** What every call of a library gateway is made with. */
export interface CallHouse {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly random: Random;
  readonly losses: LossPolicy;
  readonly totalMs: number;
}

/** One call of the library: what can be told of it before its request is known to be right, and how it is ended. */
export class LibraryCall {
  readonly id: string;
  readonly record = new CallRecord();
  readonly warnings = new Warnings();
  readonly #house: CallHouse;
  readonly #options: CallOptions;
  readonly #losses: LossPolicy;
  readonly #startedAt: number;
  readonly #controller = new AbortController();
  readonly #onAbort: () => void;

  constructor(house: CallHouse, options: CallOptions) {
    this.id = newCallId(house.clock, house.random);
    this.#house = house;
    this.#options = options;
    this.#startedAt = house.clock.now();
    const { strict } = options;
    this.#losses = typeof strict === "boolean" ? (strict ? "refuse" : "warn") : (strict ?? house.losses);
    const { signal } = options;
    this.#onAbort = () => this.abort(signal?.reason);
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** The call is over: the caller's signal, which may outlive many calls, is let go of. */
  end(): void {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }

  /** The call for the pipeline. Throws GatewayError `cancelled` where its signal is aborted already, `invalid_request`. */
  canonical<Op extends Operation>(
    operation: Op,
    request: Operations[Op]["request"] & { readonly model: string },
    more: { readonly stream: boolean; readonly output?: OutputForm | undefined },
  ): Call<Op> {
    const { caller } = this.#house;
    const { id, signal, warnings, record } = this;
    if (signal.aborted) throw new GatewayError("cancelled", "The call was aborted before it began.");
    const { timeoutMs = this.#house.totalMs } = this.#options;
    if (!(timeoutMs > 0))
      throw new GatewayError("invalid_request", "`timeoutMs` must be a number above 0.", { param: "timeoutMs" });
    return {
      id,
      operation,
      model: request.model,
      stream: more.stream,
      request,
      strict: this.#losses === "refuse",
      output: more.output,
      caller,
      labels: labelsOf(caller, this.#options.labels),
      signal,
      deadline: this.#startedAt + timeoutMs,
      warnings,
      record,
    };
  }

  facts(model: string | undefined, usage: Usage | undefined): CallFacts {
    const { provider, attempts, costNano } = this.record;
    return {
      callId: this.id,
      model: this.record.model ?? model ?? "",
      provider: provider ?? "",
      attempts,
      ...(usage && { usage: totals(usage) }),
      ...(costNano !== undefined && { costNano, cost: Number(costNano) / 1e9 }),
      warnings: this.#losses === "allow" ? [] : [...this.warnings.list],
    };
  }
}

const labelsOf = ({ labels }: Caller, more: Labels | undefined): Labels => (more === undefined ? labels : { ...labels, ...more });

function totals(usage: Usage): TotalUsage {
  const input = inputTokens(usage);
  const output = outputTokens(usage);
  return { ...usage, inputTokens: input, outputTokens: output, totalTokens: input + output };
}
