import { z } from "zod";
import { wholeNumber } from "../fields.ts";

/** Processes that serve, behind one port. */
export const workers = z.union([z.literal("auto"), wholeNumber(1, 256)], {
  error: "must be auto or a whole number from 1 to 256",
});

/** `auto`: one for each core. */
export type Workers = z.output<typeof workers>;
