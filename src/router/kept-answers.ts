import type { Call } from "../canonical/call.ts";
import type { Pins } from "../canonical/ports.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Observed } from "../wires/wire.ts";
import type { Candidate } from "./candidate.ts";

/**
 * Notes what a reply tells of an answer that its provider keeps; gives the facts that are to be booked. Without a terminal the
 * reply has only begun: from then on its caller may know the answer's id.
 */
export type Note = (terminal: Terminal | undefined, facts: Partial<Observed>) => Partial<Observed>;

/**
 * What is to be noted of the call's reply, where its wire can refer to kept answers: that this deployment keeps the answer, that
 * it was deleted, that its usage is booked (of an answer made in the background, with the first call that brings it).
 */
export function noteOf(call: Call, { deployment, endpoint }: Candidate, pins: Pins | undefined): Note | undefined {
  if (pins === undefined || endpoint.wire.codecs.stored === undefined || call.callerWire !== endpoint.wire.name) return undefined;
  const owner = call.caller.keyId;
  const { continues } = call;
  switch (call.operation) {
    case "chat": {
      if (!isKept(call)) return undefined;
      const { provider, model } = deployment;
      return (_, told) => {
        if (told.id !== undefined) pins.pin(owner, told.id, { provider, model }, told.usage !== undefined);
        return told;
      };
    }
    case "stored": {
      if (continues === undefined) return undefined;
      const deletes = "verb" in call.request && call.request.verb === "delete";
      return (terminal, told) => {
        if (terminal?.kind !== "finished") return told;
        if (deletes) pins.unpin(owner, continues);
        return told.usage === undefined || pins.claimUsage(owner, continues) ? told : { ...told, usage: undefined };
      };
    }
    case "embed":
    case "count-tokens":
      return undefined;
  }
}

/** Whether the answer is to be kept, as far as the caller says. What was changed on its way has no source any more. */
function isKept(call: Call): boolean {
  if (call.source !== undefined) return call.source.json["store"] !== false;
  return !("store" in call.request) || call.request.store !== false;
}
