import { z } from "zod";
import { duration, section, size } from "../fields.ts";

/** What is done about pictures, sounds and documents that callers name by URL. */
export const media = section(
  z
    .strictObject({
      fetch: z.enum(["when-needed", "never"]).default("when-needed"),
      max_bytes: size.default(20 * 1024 ** 2),
      timeout: duration.default(20_000),
    })
    .transform((given) => ({ fetch: given.fetch, maxBytes: given.max_bytes, timeoutMs: given.timeout })),
);

/** `when-needed`: where the provider could not take the URL, the gateway fetches what lies there. */
export type MediaOptions = z.output<typeof media>;
