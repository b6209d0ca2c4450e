import type { FinishReason } from "../canonical/chat.ts";
import type { ErrorCode } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Usage } from "../canonical/usage.ts";

/** What is known of a call when it is over. Without secrets. */
export interface CallFacts {
  readonly id: string;
  readonly keyId: string;
  /** The wire the caller spoke, or "canonical". */
  readonly wire: string;
  readonly operation: Operation;
  readonly stream: boolean;
  /** As the caller named it. */
  readonly requestedModel: string;
  /** Who was asked last, and for what; absent where nobody was. */
  readonly provider: string | undefined;
  readonly upstreamModel: string | undefined;
  readonly servedModel: string | undefined;
  readonly attempts: number;
  readonly terminal: Terminal["kind"];
  readonly code: ErrorCode | undefined;
  /** Why it failed, in a sentence. */
  readonly message: string | undefined;
  /** The HTTP status that the caller saw, or would have seen. */
  readonly status: number;
  readonly durationMs: number;
  /** From the call's start. */
  readonly firstContentMs: number | undefined;
  readonly finishReason: FinishReason | undefined;
  /** Of the last attempt. */
  readonly usage: Usage | undefined;
  /** Of all attempts, nano-dollars; absent where no price is known. */
  readonly costNano: bigint | undefined;
}

/** Why there is another attempt after one that failed. */
export interface Again {
  /** retry: the same deployment; fallback: another. */
  readonly kind: "retry" | "fallback";
  /** What became of the one before. */
  readonly reason: ErrorCode | "unknown";
}
