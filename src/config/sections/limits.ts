import { z } from "zod";
import { duration, section, size, wholeNumber } from "../fields.ts";

/** What is taken at most, of each and of all. */
export const limits = section(
  z.strictObject({
    body_bytes: size.default(32 * 1024 ** 2),
    all_bodies_bytes: size.default(512 * 1024 ** 2),
    reply_bytes: size.default(64 * 1024 ** 2),
    concurrent_calls: wholeNumber(1, 1_000_000).default(10_000),
    lag: z
      .union([z.literal("off").transform(() => Number.POSITIVE_INFINITY), duration], {
        error: 'must be a duration, as "60ms", or off',
      })
      .default(60),
    connections: wholeNumber(1, 65_535).default(4096),
    connections_per_address: wholeNumber(1, 65_535).default(1024),
    wrong_keys: wholeNumber(1, 1_000_000).default(20),
  }),
);
