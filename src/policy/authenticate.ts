import type { Caller } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Step } from "../canonical/reply.ts";
import { type KeyRing, openCaller } from "../identity/keys.ts";

/** Says who presents a key. Throws GatewayError `unauthenticated`, the same for a missing and for a wrong key. */
export type Identify = (presented: string | undefined) => Caller;

export function identifyBy(keys: KeyRing): Identify {
  if (keys.size === 0) return () => openCaller;
  return (presented) => {
    const caller = presented === undefined ? undefined : keys.find(presented);
    if (caller) return caller;
    throw new GatewayError(
      "unauthenticated",
      "This gateway needs a key of its own: send one it knows as `Authorization: Bearer <key>` or `x-api-key: <key>`. A provider's key does not open it.",
    );
  };
}

/**
 * Refuses calls of nobody where keys are configured. The ingress identifies callers before it reads their bodies; this step
 * makes sure that no other entrance into the pipeline forgets to.
 */
export const authenticate =
  (keys: KeyRing): Step =>
  (next) =>
  (call) => {
    if (keys.size > 0 && call.caller.kind !== "key") {
      return Promise.reject(new GatewayError("unauthenticated", "This gateway needs a key, and this call carries none."));
    }
    return next(call);
  };
