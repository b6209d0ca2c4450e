import { z } from "zod";
import type { LossPolicy } from "../canonical/call.ts";
import { Secret } from "../canonical/secret.ts";
import { formatDuration, parseDuration, parseSize } from "./units.ts";

/*
 * The shape of polygate.yaml. Keys are snake_case in the file and camelCase from here on. A value that came out of the
 * environment is always text, so numbers and booleans may be spelled as text.
 */

const wholeNumber = (least: number, most: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], {
      error: `must be a whole number from ${least} to ${most}`,
    })
    .refine(
      (value) => Number.isInteger(value) && value >= least && value <= most,
      `must be a whole number from ${least} to ${most}`,
    );

const boolean = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")], {
  error: "must be true or false",
});

/** `true` and `false` are older words for two of the three. */
const strict = z
  .union([z.boolean(), z.enum(["true", "false", "refuse", "warn", "allow"])], { error: "must be refuse, warn or allow" })
  .transform((given): LossPolicy => {
    if (given === "warn" || given === "allow") return given;
    return given === "refuse" || given === true || given === "true" ? "refuse" : "warn";
  });

const duration = z.string({ error: 'must be a duration with its unit, as "10s", "500ms" or "5m"' }).transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1 && ms <= longestTimer) return ms;
  const message = `must be a duration with its unit, as "10s", "500ms" or "5m", and no longer than ${formatDuration(dayMs)}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const dayMs = 24 * 3_600_000;
const longestTimer = dayMs;

const size = z
  .union([z.number(), z.string()], { error: 'must be a size, as "32mb" or a number of bytes' })
  .transform((given, context) => {
    const bytes = typeof given === "number" ? given : (parseSize(given) ?? (/^\d+$/.test(given) ? Number(given) : Number.NaN));
    if (Number.isSafeInteger(bytes) && bytes > 0 && bytes <= 1024 ** 3) return bytes;
    context.addIssue({ code: "custom", message: 'must be a size, as "32mb" or a number of bytes, of at most 1gb' });
    return z.NEVER;
  });

const text = z.string({ error: "must be text; put quotes around it" }).min(1, "must not be empty");

/** What may stand in an HTTP header: visible ASCII. */
const secret = text
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII characters without spaces")
  .transform((value) => new Secret(value));

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const reserved = new Set(["route", "ensemble", "prompt"]);

const key = z.strictObject({
  id: text.regex(name, "must be letters, digits, dots, dashes and underscores, at most 64"),
  secret,
  labels: z.record(text, text).default({}),
  strict: strict.optional(),
});

const quirks = z
  .strictObject({
    max_tokens_field: z.enum(["max_tokens", "max_completion_tokens"]).optional(),
    stream_usage: boolean.optional(),
    reasoning_field: z.enum(["reasoning_content", "reasoning"]).optional(),
    reasoning_back: boolean.optional(),
    signed_thinking: boolean.optional(),
    developer_role: boolean.optional(),
    schema_output: boolean.optional(),
    drop: z.array(text).optional(),
  })
  .transform((given) => ({
    maxTokensField: given.max_tokens_field,
    streamUsage: given.stream_usage,
    reasoningField: given.reasoning_field,
    reasoningBack: given.reasoning_back,
    signedThinking: given.signed_thinking,
    developerRole: given.developer_role,
    schemaOutput: given.schema_output,
    drop: given.drop,
  }));

const baseUrl = text.refine((value) => {
  const url = URL.parse(value);
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === ""
  );
}, "must be a URL as https://host/path, without user, query or fragment; the credential goes into api_key");

const provider = z.strictObject({
  wire: text.optional(),
  base_url: baseUrl.optional(),
  api_key: z
    .union([z.literal("none"), secret], { error: "must be the credential as text, or none where the provider asks for none" })
    .optional(),
  quirks: quirks.optional(),
});

const server = z.strictObject({ host: text.default("127.0.0.1"), port: wholeNumber(0, 65_535).default(4000) });

const timeouts = z.strictObject({
  connect: duration.default(10_000),
  first_token: duration.default(600_000),
  between_chunks: duration.default(120_000),
  total: duration.default(3_600_000),
  drain: duration.default(30_000),
});

const limits = z.strictObject({
  body_bytes: size.default(32 * 1024 ** 2),
  all_bodies_bytes: size.default(512 * 1024 ** 2),
  reply_bytes: size.default(64 * 1024 ** 2),
  connections: wholeNumber(1, 65_535).default(4096),
});

const conversations = z.strictObject({ ttl: duration.default(6 * 3_600_000) });

export const configSchema = z.strictObject({
  // prefault: a key that is there but empty (`server:`) is taken as left out.
  server: section(server),
  keys: z
    .array(key)
    .nullish()
    .transform((given) => given ?? []),
  providers: z
    .record(
      z
        .string()
        .regex(name, "a provider's name is letters, digits, dots, dashes and underscores, at most 64")
        .refine((given) => !reserved.has(given), "route, ensemble and prompt are reserved and cannot name a provider"),
      provider.nullish(),
    )
    .nullish()
    .transform((given) => given ?? {}),
  data_dir: text.optional(),
  strict: strict.default("warn"),
  timeouts: section(timeouts),
  limits: section(limits),
  conversations: section(conversations),
});

export type ConfigFile = z.output<typeof configSchema>;

function section<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  return z.preprocess((given) => given ?? {}, schema);
}
