import type { Caller, LossPolicy } from "../canonical/call.ts";
import type { GatewayError } from "../canonical/error.ts";
import type { ModelListing } from "../canonical/models.ts";
import type { Clock, Random } from "../canonical/ports.ts";
import type { Handler } from "../canonical/reply.ts";
import type { LiveCalls } from "./live-calls.ts";
import type { OperatorPort } from "./operator.ts";
import type { MetricsAccess } from "./routes.ts";
import type { StreamTimers } from "./stream-answer.ts";

/** What is done with requests by one configuration. A request keeps the one it began under. */
export interface Serving {
  /** The one way into the pipeline. */
  readonly handler: Handler;
  /** Says who presents a key; throws `unauthenticated`. Asked before a byte of the body is read. */
  readonly identify: (presented: string | undefined) => Caller;
  /** Whether the admin key is presented; throws `unauthenticated`. None: there is no admin key, and whoever needs one is refused. */
  readonly identifyAdmin?: ((presented: string | undefined) => true) | undefined;
  /** Of calls that do not say it themselves (header `x-polygate-strict`), by keys that do not either. */
  readonly losses: LossPolicy;
  /** No keys are configured: anyone who can reach the gateway may call. */
  readonly open: boolean;
  /** Names besides those of loopback by which callers may address the gateway; see `HostRules`. */
  readonly hosts: readonly string[];
  /** Who may read `/metrics`. */
  readonly metrics: MetricsAccess;
  readonly listModels: () => Promise<ModelListing>;
  readonly bounds: ServingBounds;
}

export interface ServingBounds {
  readonly bodyBytes: number;
  /** From arrival to the last byte of the answer. */
  readonly totalMs: number;
}

export interface IngressOptions {
  /** Asked once per request. The same object as long as the configuration is. */
  readonly serving: () => Serving;
  /** Undefined when the gateway can serve, else the reason why not. */
  readonly unready: () => string | undefined;
  /** What operators may see and do; none: their routes do not exist. */
  readonly operator?: OperatorPort | undefined;
  /** Asked for each call whose caller is known, before its body is read; none: all are taken. */
  readonly admission?: Admission | undefined;
  /** Where calls under way are kept account of, for whoever may have to end them. */
  readonly calls?: LiveCalls | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every error that is the gateway's own fault. */
  readonly onInternalError: (callId: string, error: GatewayError) => void;
  /** Told of every error that somebody is answered with, or told of within a stream. For counters. */
  readonly onError?: ((error: GatewayError) => void) | undefined;
  readonly limits: IngressLimits;
}

/** Who is let in while there is more to do than can be done. */
export interface Admission {
  /** Throws GatewayError where a call is turned away; one that is taken must be given back. */
  admit(): void;
  release(): void;
}

export interface IngressLimits extends StreamTimers {
  /** Of all bodies together whose calls have no reply yet. */
  readonly allBodiesBytes: number;
  /** Of the heap for what those bodies are once parsed; default: no bound. */
  readonly allBodiesHeapBytes?: number | undefined;
  /** A streaming caller who has waited so long gets headers and a sign of life; an error must then go into the stream. */
  readonly silenceMs: number;
  /** From a connection's first byte, or that of a later request, to the end of its headers. */
  readonly headersMs: number;
  /** To the end of its body. */
  readonly requestMs: number;
  /** From then on a body must have come at 512 bytes a second on average. */
  readonly bodyGraceMs: number;
  readonly connectionsPerAddress: number;
  /** That an address may present in a minute before it is slowed down. */
  readonly wrongKeys: number;
}
