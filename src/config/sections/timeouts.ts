import { z } from "zod";
import { duration, durationOrNone, section } from "../fields.ts";

/** The four timers of a call towards its provider, and the two of a gateway that is told to stop. */
export const timeouts = section(
  z.strictObject({
    connect: duration.default(10_000),
    first_token: duration.default(600_000),
    between_chunks: duration.default(120_000),
    total: duration.default(3_600_000),
    drain: duration.default(30_000),
    drain_window: durationOrNone.default(0),
  }),
);
