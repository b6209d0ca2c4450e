import type { CallRecord } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Warning } from "../canonical/warnings.ts";

/** Why a call failed. Its name is `AbortError` where its signal was aborted (code `cancelled`), else `CallError`. */
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
    this.name = code === "cancelled" ? "AbortError" : "CallError";
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
    readonly told: readonly Warning[];
    readonly signal: AbortSignal;
    error(error: GatewayError): GatewayError;
  },
): CallError {
  if (thrown instanceof CallError) return thrown;
  const { id, record, signal, told: warnings } = call;
  return new CallError(toldOf(thrown, signal, call), { id, record, warnings });
}

function toldOf(thrown: unknown, signal: AbortSignal, call: { error(error: GatewayError): GatewayError }): GatewayError {
  // In a program there is no operator, and no log.
  const fault = !(thrown instanceof GatewayError) ? thrown : thrown.code === "internal" ? thrown.cause : undefined;
  if (fault !== undefined || !(thrown instanceof GatewayError))
    return new GatewayError("internal", "A fault of Polygate's own, not of this call's; `cause` tells where.", { cause: fault });
  if (thrown.code === "cancelled" && signal.aborted)
    return new GatewayError("cancelled", "The call was aborted.", { cause: signal.reason });
  return call.error(thrown);
}
