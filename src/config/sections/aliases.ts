import { z } from "zod";
import { text } from "../fields.ts";

/** Names of models that callers may use, and what stands for them. */
export const aliases = z
  .record(text.max(200, "an alias has at most 200 characters"), text.regex(/^[^/]+\/.+$/, "must be provider/model"))
  .nullish()
  .transform((given) => new Map(Object.entries(given ?? {})));
