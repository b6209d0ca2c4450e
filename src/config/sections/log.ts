import { z } from "zod";
import { section } from "../fields.ts";

/** What the process says of itself while it runs. */
export const log = section(
  z.strictObject({
    level: z.enum(["debug", "info", "warn", "error", "silent"]).optional(),
    format: z.enum(["auto", "json", "pretty"]).default("auto"),
    calls: z.enum(["debug", "info", "off"]).default("debug"),
  }),
);

/** `level` absent: what the environment says, else info. `auto`: pretty on a terminal. `calls`: the level of the line per call. */
export type LogOptions = z.output<typeof log>;
