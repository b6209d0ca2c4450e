import type { GatewayError } from "../canonical/error.ts";
import type { Random } from "../canonical/ports.ts";

export interface RetryPolicy {
  /** Attempts per call in all, the first included. */
  readonly maxAttempts: number;
  /** The longest wait before the second attempt; each further one doubles it. Milliseconds. */
  readonly baseMs: number;
  readonly capMs: number;
}

export const retryPolicy: RetryPolicy = { maxAttempts: 3, baseMs: 250, capMs: 8000 };

/**
 * How long to wait before trying again, or undefined to give up: the error is not of the passing kind, the attempts are used
 * up, or the wait would outlast the call. The wait is the longer of a fully jittered backoff and the provider's own hint.
 */
export function retryDelay(
  error: GatewayError,
  facts: { readonly attempts: number; readonly remainingMs: number },
  policy: RetryPolicy,
  random: Random,
): number | undefined {
  if (!error.retryable || facts.attempts >= policy.maxAttempts) return undefined;
  const backoff = random.next() * Math.min(policy.capMs, policy.baseMs * 2 ** (facts.attempts - 1));
  const wait = Math.max(backoff, error.retryAfterMs ?? 0);
  return wait < facts.remainingMs ? wait : undefined;
}
