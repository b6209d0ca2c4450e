import type { GatewayError } from "./error.ts";

/**
 * How an answer ended; every answer has exactly one. Only `finished` and `limited` end cleanly on the wire:
 * - finished: the provider said so;
 * - limited: cut by us at a limit, well-formed, finish reason `length`;
 * - truncated: the provider's connection ended before its end marker;
 * - error: the provider or the gateway failed;
 * - cancelled: the caller went away.
 */
export type Terminal =
  | { readonly kind: "finished" }
  | { readonly kind: "limited" }
  | { readonly kind: "truncated"; readonly error: GatewayError }
  | { readonly kind: "error"; readonly error: GatewayError }
  | { readonly kind: "cancelled" };

export const finished: Terminal = { kind: "finished" };
export const limited: Terminal = { kind: "limited" };
export const cancelled: Terminal = { kind: "cancelled" };

/** The terminal with the call's id in its error's sentence, as an error inside a stream has no other place for it. */
export function forCall(terminal: Terminal, callId: string): Terminal {
  if (!("error" in terminal)) return terminal;
  const { error, kind } = terminal;
  return { kind, error: error.with({ message: `${error.message} (call ${callId})` }) };
}
