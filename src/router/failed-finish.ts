import type { Finish } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";

/**
 * The error of an answer that its provider says went wrong (finish reason `error`); undefined for any other. No wire but the
 * provider's own has a word for it: told as a plain stop, half an answer would pass for a whole one.
 */
export function failedFinish({ reason, raw }: Finish): GatewayError | undefined {
  if (reason !== "error") return undefined;
  return new GatewayError(
    "provider_error",
    `The provider broke its answer off with an error (finish reason ${raw ?? "unknown"}). Try again.`,
  );
}
