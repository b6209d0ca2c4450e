import type { Labels } from "./call.ts";
import type { FinishReason } from "./chat.ts";
import type { Cost, PriceList } from "./cost.ts";
import type { ErrorCode } from "./error.ts";
import type { Operation } from "./operations.ts";
import type { Terminal } from "./terminal.ts";
import type { Usage } from "./usage.ts";
import type { Warning } from "./warnings.ts";

/** Time, injected so that tests and simulations own it. */
export interface Clock {
  /** Milliseconds, monotonic: durations, deadlines. */
  now(): number;
  /** Milliseconds since the epoch: timestamps only. */
  wall(): number;
  /** Runs `task` once after `ms`; gives what stops it. */
  after(ms: number, task: () => void): () => void;
}

/** Randomness, injected. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** `count` random bytes from a cryptographic source, as lower-case hex. */
  hex(count: number): string;
}

/** What is known of an attempt before it begins. Ids are ours; nothing a caller sent is a key. */
export interface AttemptStart {
  /** Unique. */
  readonly id: string;
  readonly callId: string;
  /** 1 for a call's first attempt. */
  readonly number: number;
  readonly keyId: string;
  readonly labels: Labels;
  readonly operation: Operation;
  /** The wire the caller spoke, or "canonical" where there was none. */
  readonly callerWire: string;
  readonly provider: string;
  readonly providerWire: string;
  readonly relayed: boolean;
  readonly stream: boolean;
  /** As the caller named it. */
  readonly requestedModel: string;
  /** As the provider was asked for it. */
  readonly upstreamModel: string;
  /** Absent: what this provider asks for its models is not known. */
  readonly prices?: PriceList | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** How an attempt ended. Durations in milliseconds from its start. */
export interface AttemptEnd {
  readonly terminal: Terminal["kind"];
  readonly errorCode?: ErrorCode | undefined;
  /** Upstream HTTP status, or that of an error told inside a reply of status 200; absent where none arrived. */
  readonly status?: number | undefined;
  readonly servedModel?: string | undefined;
  readonly finishReason?: FinishReason | undefined;
  readonly finishRaw?: string | undefined;
  /** Absent where the provider sent none. */
  readonly usage?: Usage | undefined;
  readonly upstreamRequestId?: string | undefined;
  readonly headersMs?: number | undefined;
  readonly firstContentMs?: number | undefined;
  readonly durationMs: number;
  readonly warnings: readonly Warning[];
}

/** An attempt that has begun. Exactly one of the two is to be called; further calls do nothing. */
export interface OpenAttempt {
  /** What a provider is sent that is to go on with the trace; absent where none is. */
  readonly traceparent?: string | undefined;
  /** Gives what it cost; undefined where that is not known: no usage was told, or there is no price. */
  settle(end: AttemptEnd): Cost | undefined;
  /** The attempt never reached the provider: nothing can have been billed. */
  void(end: AttemptEnd): void;
}

/** The ledger as dispatch sees it. Neither method waits for a disk. */
export interface AttemptLog {
  begin(start: AttemptStart): OpenAttempt;
}

/** The deployment that keeps an answer. */
export interface Keeper {
  readonly provider: string;
  /** In the provider's words. */
  readonly model: string;
}

/**
 * Which deployment keeps which answer, so that calls about it go there. An owner (a key's id) never learns of another's. No
 * method waits; what is noted survives a restart.
 */
export interface Pins {
  /** "none": it is kept for others only, or was deleted. Undefined: nobody here has heard of it. */
  find(owner: string, id: string): Keeper | "none" | undefined;
  /** `booked`: the ledger has its usage. */
  pin(owner: string, id: string, keeper: Keeper, booked: boolean): void;
  unpin(owner: string, id: string): void;
  /** True once, for an answer of this owner whose usage is not in the ledger yet. */
  claimUsage(owner: string, id: string): boolean;
}
