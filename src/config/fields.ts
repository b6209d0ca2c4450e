import { z } from "zod";
import type { LossPolicy } from "../canonical/call.ts";
import { Secret } from "../canonical/secret.ts";
import { formatDuration, parseDuration, parseSize } from "./units.ts";

/*
 * The values that stand in polygate.yaml. A value that came out of the environment is always text, so numbers and booleans may
 * be spelled as text.
 */

/** A whole number within bounds, both included. */
export const wholeNumber = (least: number, most: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], {
      error: `must be a whole number from ${least} to ${most}`,
    })
    .refine(
      (value) => Number.isInteger(value) && value >= least && value <= most,
      `must be a whole number from ${least} to ${most}`,
    );

/** `true` or `false`. */
export const boolean = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")], {
  error: "must be true or false",
});

/** `true` and `false` are older words for two of the three. */
export const strict = z
  .union([z.boolean(), z.enum(["true", "false", "refuse", "warn", "allow"])], { error: "must be refuse, warn or allow" })
  .transform((given): LossPolicy => {
    if (given === "warn" || given === "allow") return given;
    return given === "refuse" || given === true || given === "true" ? "refuse" : "warn";
  });

const durationFrom = (least: number) =>
  z.string({ error: 'must be a duration with its unit, as "10s", "500ms" or "5m"' }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= least && ms <= longestTimer) return ms;
    const message = `must be a duration with its unit, as "10s", "500ms" or "5m", and no longer than ${formatDuration(dayMs)}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

const dayMs = 24 * 3_600_000;
const longestTimer = dayMs;

/** A duration with its unit, in milliseconds. */
export const duration = durationFrom(1);

/** The same, or none at all: "0s". */
export const durationOrNone = durationFrom(0);

/** A number of bytes, or one with its unit. */
export const size = z
  .union([z.number(), z.string()], { error: 'must be a size, as "32mb" or a number of bytes' })
  .transform((given, context) => {
    const bytes = typeof given === "number" ? given : (parseSize(given) ?? (/^\d+$/.test(given) ? Number(given) : Number.NaN));
    if (Number.isSafeInteger(bytes) && bytes > 0 && bytes <= 1024 ** 3) return bytes;
    context.addIssue({ code: "custom", message: 'must be a size, as "32mb" or a number of bytes, of at most 1gb' });
    return z.NEVER;
  });

/** Text of at least one character. */
export const text = z.string({ error: "must be text; put quotes around it" }).min(1, "must not be empty");

/** What may stand in an HTTP header: visible ASCII. */
export const secret = text
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII characters without spaces")
  .transform((value) => new Secret(value));

/** What names of things must look like. */
export const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** An area of the file: a key that is there but empty (`server:`) is taken as left out. */
export function section<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((given) => given ?? {}, schema);
}
