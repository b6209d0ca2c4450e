import { z } from "zod";
import { name, secret, strict, text } from "../fields.ts";

/** Shorter secrets can be guessed over the network. */
const leastCharacters = 16;

/** A key that the gateway takes from callers. */
export const key = z.strictObject({
  id: text.regex(name, "must be letters, digits, dots, dashes and underscores, at most 64"),
  secret: secret.refine(
    (given) => given.reveal().length >= leastCharacters,
    `must be at least ${leastCharacters} characters, or it could be guessed; use 32 random ones`,
  ),
  labels: z.record(text, text).default({}),
  strict: strict.optional(),
});
