import type { Cost } from "./cost.ts";
import type { JsonObject } from "./json.ts";
import type { Operation, Operations } from "./operations.ts";
import type { Terminal } from "./terminal.ts";
import type { Warnings } from "./warnings.ts";

/** Header names in lower case; a repeated header's values joined by ", ". */
export interface HeaderBag {
  readonly [name: string]: string | undefined;
}

/** Milliseconds on the monotonic clock. */
export type Monotonic = number;

export interface Labels {
  readonly [name: string]: string;
}

/**
 * What becomes of a call that cannot be said to its provider as it was asked: it is refused and nothing is sent, it goes on and
 * its caller is told, or it goes on and only the books say so.
 */
export type LossPolicy = "refuse" | "warn" | "allow";

/** Who calls us: the bearer of a key we issued, or anyone where the operator left the gateway open on loopback. */
export type Caller =
  | {
      readonly kind: "key";
      readonly keyId: string;
      readonly labels: Labels;
      /** Of the key's calls that do not say otherwise; none = the gateway's. */
      readonly losses?: LossPolicy | undefined;
    }
  | { readonly kind: "open"; readonly keyId: "open"; readonly labels: Labels };

/** Where a top-level member stands in the body: byte offsets of its key's opening quote, its value's first byte and past its last. */
export interface Span {
  readonly key: number;
  readonly start: number;
  readonly end: number;
}

/** The caller's request as it was received. */
export interface Source {
  /** Name of the wire it is written in. */
  readonly wire: string;
  /** Default POST. */
  readonly method?: "GET" | "POST" | "DELETE" | undefined;
  readonly path: string;
  readonly query: string;
  readonly headers: HeaderBag;
  readonly body: Uint8Array;
  /** `body`, parsed. */
  readonly json: JsonObject;
  /** Top-level members of `body`, so that it can be edited instead of rebuilt. */
  readonly members: ReadonlyMap<string, Span>;
}

/**
 * What is known of how a call went, filled in on its way by whoever learns it, shown in the reply's headers (an error's too).
 * The one mutable thing about a call.
 */
export class CallRecord {
  provider: string | undefined;
  /** The model that the provider was asked for, in its words. */
  askedModel: string | undefined;
  /** The model that served, in the provider's words; the one asked for until the provider says. */
  model: string | undefined;
  attempts = 0;
  /** Milliseconds spent waiting so far: for providers, and between two attempts. */
  waitedMs = 0;
  #waitingSince: number | undefined;

  /** A wait begins or ends at `now`, on the monotonic clock. */
  startWaiting(now: number): void {
    this.#waitingSince ??= now;
  }

  stopWaiting(now: number): void {
    if (this.#waitingSince === undefined) return;
    this.waitedMs += now - this.#waitingSince;
    this.#waitingSince = undefined;
  }

  /** Milliseconds waited up to `now`, a wait that still goes on included. */
  waitedBy(now: number): number {
    return this.waitedMs + (this.#waitingSince === undefined ? 0 : now - this.#waitingSince);
  }

  /** Nano-dollars, of the attempts that have ended; undefined as long as nothing is known to have cost anything. */
  costNano: bigint | undefined;
  /** False: at least one attempt's cost is not exact, see Cost. */
  costExact = true;

  /** An attempt has ended and cost so much; undefined where that is not known. */
  charge(cost: Cost | undefined): void {
    if (cost === undefined) return;
    this.costNano = (this.costNano ?? 0n) + cost.nano;
    this.costExact &&= cost.exact;
  }

  /**
   * Set while somebody may still cut a whole answer: takes what books its attempt, and calls it once, whatever comes of the answer. The
   * terminal says whether it was cut.
   */
  postpone: ((book: (terminal: Terminal) => void) => void) | undefined;

  /** The provider's reply headers that callers may see. */
  headers: HeaderBag = {};
}

/** The answer is to be one JSON document. */
export interface OutputForm {
  /** The JSON Schema that it is to follow, where one was given. */
  readonly schema?: JsonObject | undefined;
}

/** One caller request, end to end. */
export interface Call<Op extends Operation = Operation> {
  readonly id: string;
  readonly operation: Op;
  /** The model as the caller named it. */
  readonly model: string;
  readonly stream: boolean;
  /** Decoded on first use: a relayed call may never need it. Throws GatewayError `invalid_request`. */
  readonly request: Operations[Op]["request"];
  /**
   * The request with what its own provider gave before and the caller could not echo. It is what is sent; the source stays, so
   * that the reply can still be relayed. See `withCompleted`.
   */
  readonly completed?: Operations[Op]["request"] | undefined;
  /** Refuse by name what could not be sent as it was asked, and answers that break their schema, instead of warning of them. */
  readonly strict: boolean;
  /** The id of an answer kept by its provider that the call goes on from or is about: only its keeper can serve the call. */
  readonly continues?: string | undefined;
  /** The form that the answer is to have, where one was asked for. Known without decoding the request. */
  readonly output?: OutputForm | undefined;
  /** Name of the wire the caller speaks, whatever becomes of `source`; absent where the call came over none. */
  readonly callerWire?: string | undefined;
  /** Present only while `request` is what was decoded from it; see `withRequest`. */
  readonly source?: Source | undefined;
  readonly caller: Caller;
  readonly labels: Labels;
  readonly signal: AbortSignal;
  readonly deadline: Monotonic;
  readonly warnings: Warnings;
  readonly record: CallRecord;
}

/** The call with another request. The source is dropped, so that what was changed is translated and never relayed. */
export function withRequest<Op extends Operation>(call: Call<Op>, request: Operations[Op]["request"]): Call<Op> {
  const { id, operation, model, stream, strict, continues, output, callerWire } = call;
  const { caller, labels, signal, deadline, warnings, record } = call;
  const kept = { id, operation, model, stream, strict, continues, output, callerWire };
  return { ...kept, request, caller, labels, signal, deadline, warnings, record };
}

/** The call with its request completed. Unlike `withRequest` this takes nothing from the reply's being relayed. */
export function withCompleted<Op extends Operation>(call: Call<Op>, completed: Operations[Op]["request"]): Call<Op> {
  return { ...withRequest(call, call.request), source: call.source, completed };
}
