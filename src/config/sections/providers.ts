import { z } from "zod";
import { dollarsPattern } from "../../canonical/rates.ts";
import { boolean, name, secret, text } from "../fields.ts";

const reserved = new Set(["route", "ensemble", "prompt"]);

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

/** A number as its decimal text; one of more than six decimals keeps them, to be refused. */
const decimal = (given: number): string => {
  const fixed = given.toFixed(6).replace(/\.?0+$/, "");
  return Number(fixed) === given ? fixed : String(given);
};

const dollars = z
  .union([z.number(), z.string()], { error: "must be dollars per million tokens, as 0.15" })
  .transform((given) => (typeof given === "number" ? decimal(given) : given))
  .refine((given) => dollarsPattern.test(given), "must be dollars per million tokens with at most six decimals, as 0.15");

const price = z.strictObject({
  input: dollars,
  output: dollars.optional(),
  cache_read: dollars.optional(),
  cache_write_5m: dollars.optional(),
  cache_write_1h: dollars.optional(),
  input_audio: dollars.optional(),
  output_audio: dollars.optional(),
});

const provider = z.strictObject({
  wire: text.optional(),
  base_url: baseUrl.optional(),
  api_key: z
    .union([z.literal("none"), secret], { error: "must be the credential as text, or none where the provider asks for none" })
    .optional(),
  quirks: quirks.optional(),
  prices: z.record(text, price).optional(),
});

/** Who serves models, by name. */
export const providers = z
  .record(
    z
      .string()
      .regex(name, "a provider's name is letters, digits, dots, dashes and underscores, at most 64")
      .refine((given) => !reserved.has(given), "route, ensemble and prompt are reserved and cannot name a provider"),
    provider.nullish(),
  )
  .nullish()
  .transform((given) => given ?? {});
