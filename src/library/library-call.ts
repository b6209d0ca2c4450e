import { type Call, type Caller, CallRecord, type Labels, type OutputForm } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import { newCallId } from "../canonical/ids.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Clock, Random } from "../canonical/ports.ts";
import { inputTokens, outputTokens, type Usage } from "../canonical/usage.ts";
import { type Warning, Warnings } from "../canonical/warnings.ts";
import type { LossPolicy } from "./options.ts";
import { inOwnWords, placeOf } from "./places.ts";
import type { CallOptions, GenerateRequest } from "./request.ts";
import type { CallFacts, TotalUsage } from "./result.ts";
import { isSignal } from "./shapes.ts";

/** What every call of a library gateway is made with. */
export interface CallHouse {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly random: Random;
  readonly losses: LossPolicy;
  readonly totalMs: number;
}

/** As far as a call looks at its request itself. What callers without types gave may be anything but null. */
export type LibraryRequest = CallOptions & Pick<GenerateRequest, "messages" | "system">;

/** One call of the library: what can be told of it before its request is known to be right, and how it is ended. */
export class LibraryCall {
  readonly id: string;
  readonly record = new CallRecord();
  readonly warnings = new Warnings();
  readonly #house: CallHouse;
  readonly #options: LibraryRequest;
  readonly #losses: LossPolicy;
  readonly #startedAt: number;
  readonly #controller = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #onAbort: () => void;
  /** Places are told canonically from here on; before, they are the request's own. */
  #made = false;

  constructor(house: CallHouse, options: LibraryRequest) {
    this.id = newCallId(house.clock, house.random);
    this.#house = house;
    this.#options = options;
    this.#startedAt = house.clock.now();
    const { strict } = options;
    this.#losses = typeof strict === "boolean" ? (strict ? "refuse" : "warn") : (strict ?? house.losses);
    // What is none is refused with the rest of the request, where that is told.
    this.#given = isSignal(options.signal) ? options.signal : undefined;
    this.#onAbort = () => this.abort(this.#given?.reason);
    if (this.#given?.aborted === true) this.#onAbort();
    else this.#given?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** The call is over: the caller's signal, which may outlive many calls, is let go of. */
  end(): void {
    this.#given?.removeEventListener("abort", this.#onAbort);
  }

  /** The call for the pipeline; `request` was made of options that are in order. Throws GatewayError `cancelled` where its signal is aborted already. */
  canonical<Op extends Operation>(
    operation: Op,
    request: Operations[Op]["request"] & { readonly model: string },
    more: { readonly stream: boolean; readonly output?: OutputForm | undefined },
  ): Call<Op> {
    const { caller } = this.#house;
    const { id, signal, warnings, record } = this;
    this.#made = true;
    if (signal.aborted) throw new GatewayError("cancelled", "The call was aborted before it began.");
    const { timeoutMs = this.#house.totalMs } = this.#options;
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

  /** What was lost, each by its place in the request that the program made. */
  get told(): readonly Warning[] {
    return this.warnings.list.map(({ at, detail, ...warning }) => ({
      ...warning,
      ...(at !== undefined && { at: placeOf(this.#options, at) }),
      ...(detail !== undefined && { detail: inOwnWords(detail) }),
    }));
  }

  /** An error's words, and the place it names, as the program knows them. */
  error(error: GatewayError): GatewayError {
    if (!this.#made) return error;
    const { code, message, param, upstream, status, retryable, retryAfterMs, cause } = error;
    const own = param === undefined ? undefined : placeOf(this.#options, param);
    const named = param === undefined || own === undefined ? message : message.replaceAll(param, own);
    // A provider's words stay as they are, but for the field that they are about.
    const said = upstream === undefined ? inOwnWords(named) : named;
    return new GatewayError(code, said, { param: own, upstream, status, retryable, retryAfterMs, cause });
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
      warnings: this.#losses === "allow" ? [] : this.told,
    };
  }
}

const labelsOf = ({ labels }: Caller, more: Labels | undefined): Labels => (more === undefined ? labels : { ...labels, ...more });

function totals(usage: Usage): TotalUsage {
  const input = inputTokens(usage);
  const output = outputTokens(usage);
  return { ...usage, inputTokens: input, outputTokens: output, totalTokens: input + output };
}
