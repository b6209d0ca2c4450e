import type { Clock, Random } from "./ports.ts";

/** How an id begins that a wire had to spell otherwise for its callers; see its codec. */
export const respelled = "pgid_";

/** A new call's id. It begins with its time, so that the ledger appends to its index instead of writing all over it. */
export const newCallId = (clock: Clock, random: Random): string =>
  `call_${clock.wall().toString(16).padStart(12, "0")}${random.hex(10)}`;
