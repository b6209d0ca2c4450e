import { z } from "zod";
import { boolean, section, text, wholeNumber } from "../fields.ts";

const words = ["off", "flag", "redact", "refuse"] as const;
const action = z.enum(words);
const maskable = z.enum([...words, "mask"]);
/** As the policy that looks for them holds in memory at most. */
const mostCharacters = 16_384;

const list = z
  .array(text)
  .default([])
  .refine(
    (texts) => texts.reduce((sum, { length }) => sum + length, 0) <= mostCharacters,
    `has too much to be looked for: at most ${mostCharacters} characters together`,
  );

const thresholds = ["OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"] as const;
const safety = z.record(
  z.string(),
  z.record(z.string().regex(/^HARM_CATEGORY_[A-Z_]+$/, "must be a category, as HARM_CATEGORY_HARASSMENT"), z.enum(thresholds)),
);

/** What requests and answers are looked through for, and what is done about what is found. */
export const guards = section(
  z
    .strictObject({
      input: section(
        z.strictObject({
          control_characters: action.default("flag"),
          secrets: action.default("off"),
          pii: maskable.default("off"),
          forbidden: action.default("refuse"),
          max_characters: wholeNumber(1, 1_000_000_000).optional(),
        }),
      ),
      output: section(
        z.strictObject({
          secrets: action.default("off"),
          pii: action.default("off"),
          forbidden: action.default("refuse"),
          max_characters: wholeNumber(1, 1_000_000_000).optional(),
        }),
      ),
      pii_kinds: z
        .array(z.enum(["email", "phone", "iban", "payment_card", "us_ssn", "ip_address"]))
        .default(["email", "phone", "iban", "payment_card", "us_ssn"]),
      forbidden: list,
      forbidden_exact: list,
      safety: safety.default({}),
      safety_enforced: boolean.default(false),
    })
    .transform((given) => ({
      input: {
        controlCharacters: given.input.control_characters,
        secrets: given.input.secrets,
        pii: given.input.pii,
        forbidden: given.input.forbidden,
        maxCharacters: given.input.max_characters,
      },
      output: {
        secrets: given.output.secrets,
        pii: given.output.pii,
        forbidden: given.output.forbidden,
        maxCharacters: given.output.max_characters,
      },
      piiKinds: given.pii_kinds,
      forbidden: given.forbidden,
      forbiddenExact: given.forbidden_exact,
      safety: given.safety,
      safetyEnforced: given.safety_enforced,
    })),
);

/** `safety`: of providers of Gemini's wire, by their names: the threshold of each category of harm. */
export type GuardsOptions = z.output<typeof guards>;
