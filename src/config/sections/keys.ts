import { z } from "zod";
import { name, secret, strict, text } from "../fields.ts";

/** A key that the gateway takes from callers. */
export const key = z.strictObject({
  id: text.regex(name, "must be letters, digits, dots, dashes and underscores, at most 64"),
  secret,
  labels: z.record(text, text).default({}),
  strict: strict.optional(),
});
