import type { CallRecord } from "../canonical/call.ts";
import { GatewayError, toGatewayError } from "../canonical/error.ts";
import type { Warning } from "../canonical/warnings.ts";

/** Why a call failed. Its name is `AbortError` where its signal was aborted (code `cancelled`), else `GatewayError`. */
export class CallError extends GatewayError {
  override readonly name: string;
  /** By which the ledger knows the call. */
  readonly callId: string;
  /** Who was asked last; absent where nobody was. */
  readonly provider: string | undefined;
  /** How often a provider was asked. */
  readonly attempts: number;
  readonly warnings: readonly Warning[];

  constructor(
    error: GatewayError,
    call: { readonly id: string; readonly record: CallRecord; readonly warnings: readonly Warning[] },
  ) {
    const { code, message, param, status, retryable, retryAfterMs, upstream } = error;
    super(code, message, { param, status, retryable, retryAfterMs, upstream, cause: error.cause });
    this.name = code === "cancelled" ? "AbortError" : "GatewayError";
    this.callId = call.id;
    this.provider = call.record.provider;
    this.attempts = call.record.attempts;
    this.warnings = call.warnings;
  }
}

/** What was thrown, as the caller is told it. Of an aborted call the reason of its signal is the cause. */
export function callError(
  thrown: unknown,
  call: {
    readonly id: string;
    readonly record: CallRecord;
    readonly warnings: { readonly list: readonly Warning[] };
    readonly signal: AbortSignal;
  },
): CallError {
  if (thrown instanceof CallError) return thrown;
  const { id, record, signal } = call;
  const error = toGatewayError(thrown);
  const told =
    error.code === "cancelled" && signal.aborted
      ? new GatewayError("cancelled", "The call was aborted.", { cause: signal.reason })
      : error;
  return new CallError(told, { id, record, warnings: call.warnings.list });
}
