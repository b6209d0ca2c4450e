import { z } from "zod";
import { strict, text } from "./fields.ts";
import { aliases } from "./sections/aliases.ts";
import { conversations } from "./sections/conversations.ts";
import { egress } from "./sections/egress.ts";
import { guards } from "./sections/guards.ts";
import { key } from "./sections/keys.ts";
import { limits } from "./sections/limits.ts";
import { log } from "./sections/log.ts";
import { media } from "./sections/media.ts";
import { observe } from "./sections/observe.ts";
import { providers } from "./sections/providers.ts";
import { server } from "./sections/server.ts";
import { timeouts } from "./sections/timeouts.ts";
import { workers } from "./sections/workers.ts";

/** The shape of polygate.yaml. Keys are snake_case in the file and camelCase from here on. */
export const configSchema = z.strictObject({
  server,
  keys: z
    .array(key)
    .nullish()
    .transform((given) => given ?? []),
  providers,
  aliases,
  data_dir: text.optional(),
  strict: strict.default("warn"),
  workers: workers.default(1),
  timeouts,
  limits,
  conversations,
  guards,
  log,
  observe,
  egress,
  media,
});

export type ConfigFile = z.output<typeof configSchema>;
