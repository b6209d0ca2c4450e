import type { Handler, Step } from "./canonical/reply.ts";

/** The steps around the handler, the first outermost. */
export const chain =
  (...steps: readonly Step[]) =>
  (handler: Handler): Handler =>
    steps.reduceRight((next, step) => step(next), handler);
