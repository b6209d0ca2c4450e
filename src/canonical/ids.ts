import type { Clock, Random } from "./ports.ts";

/** A new call's id. It begins with its time, so that the ledger appends to its index instead of writing all over it. */
export const newCallId = (clock: Clock, random: Random): string =>
  `call_${clock.wall().toString(16).padStart(12, "0")}${random.hex(10)}`;
