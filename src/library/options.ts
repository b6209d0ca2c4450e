/*
 * What a gateway inside a program is made of. The settings are those of polygate.yaml (docs/configuration.md has each with its
 * default) in camelCase; what is about the HTTP server alone has no place here.
 */

/** A duration with its unit (`"10s"`, `"500ms"`, `"5m"`), or a number of milliseconds. */
export type Duration = string | number;

/** A number of bytes, or one with its unit (`"32mb"`). */
export type Size = string | number;

/** What becomes of a call that cannot be said to its provider as it was asked. */
export type LossPolicy = "refuse" | "warn" | "allow";

/** Dollars per million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite5m?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
  readonly inputAudio?: number | undefined;
  readonly outputAudio?: number | undefined;
}

/** What is done about something that was found. `mask`: the provider sees a stand-in, and the answer has the real thing again. */
export type GuardAction = "off" | "flag" | "redact" | "refuse";

/** What requests and answers are looked through for. */
export interface GuardSettings {
  readonly input?:
    | {
        readonly controlCharacters?: GuardAction | undefined;
        readonly secrets?: GuardAction | undefined;
        readonly pii?: GuardAction | "mask" | undefined;
        readonly forbidden?: GuardAction | undefined;
        readonly maxCharacters?: number | undefined;
      }
    | undefined;
  readonly output?:
    | {
        readonly secrets?: GuardAction | undefined;
        readonly pii?: GuardAction | undefined;
        readonly forbidden?: GuardAction | undefined;
        readonly maxCharacters?: number | undefined;
      }
    | undefined;
  readonly piiKinds?: readonly ("email" | "phone" | "iban" | "payment_card" | "us_ssn" | "ip_address")[] | undefined;
  readonly forbidden?: readonly string[] | undefined;
  readonly forbiddenExact?: readonly string[] | undefined;
  readonly safety?: { readonly [provider: string]: { readonly [category: string]: string } } | undefined;
  readonly safetyEnforced?: boolean | undefined;
}

/** Who serves models, and how it is reached. All optional for a built-in provider, whose usual variables are then looked up. */
export interface ProviderSettings {
  /** The wire of a provider that is not built in: `openai-chat`, `openai-responses`, `anthropic-messages`, `gemini`, `openai-embeddings`. */
  readonly wire?: string | undefined;
  /** What that provider's own SDK would be given. */
  readonly baseUrl?: string | undefined;
  /** The credential as text; `none` where the provider asks for none. Never printed, logged or stored. */
  readonly apiKey?: string | undefined;
  /** What its models cost, by model; over the catalogue's. */
  readonly prices?: { readonly [model: string]: ModelPrice } | undefined;
  /** Where it departs from its wire. */
  readonly quirks?: { readonly [quirk: string]: string | boolean | readonly string[] | undefined } | undefined;
}

/** The settings of polygate.yaml that mean something without a server. Further sections of the file may be given alike. */
export interface GatewaySettings {
  /** By name; none: every built-in provider whose credential is in the environment. */
  readonly providers?: { readonly [name: string]: ProviderSettings | undefined } | undefined;
  /** Names of your own for models: `{ fast: "openai/gpt-4.1-mini" }`. */
  readonly aliases?: { readonly [alias: string]: string } | undefined;
  /** Of calls that do not say so themselves. Default `warn`. */
  readonly strict?: LossPolicy | undefined;
  readonly timeouts?:
    | {
        /** Default 10 s. */
        readonly connect?: Duration | undefined;
        /** From sending to the first content. Default 10 min. */
        readonly firstToken?: Duration | undefined;
        /** Default 2 min. */
        readonly betweenChunks?: Duration | undefined;
        /** The whole call, retries included. Default 1 h. */
        readonly total?: Duration | undefined;
      }
    | undefined;
  readonly limits?: { readonly replyBytes?: Size | undefined } | undefined;
  readonly conversations?: { readonly ttl?: Duration | undefined } | undefined;
  readonly guards?: GuardSettings | undefined;
  /** What is done about media that are named by URL where the provider could not take one. */
  readonly media?:
    | {
        readonly fetch?: "when-needed" | "never" | undefined;
        readonly maxBytes?: Size | undefined;
        readonly timeout?: Duration | undefined;
      }
    | undefined;
  /** Addresses of private networks that may be connected to besides those that providers name. */
  readonly egress?: { readonly allow?: readonly string[] | undefined } | undefined;
}

/**
 * Where a gateway gets its settings: from a file (`config`), from here, or, with neither, from where `polygate serve` would take
 * them: POLYGATE_CONFIG, a polygate.yaml in the working directory, the credentials in the environment.
 */
export interface GatewayOptions extends GatewaySettings {
  /** Path of a polygate.yaml. Excludes all settings of GatewaySettings. */
  readonly config?: string | undefined;
  /**
   * The directory that holds the ledger. Default: the one `polygate serve` uses, so that `polygate usage` shows these calls too;
   * several processes may share it. `false` or `":memory:"`: no file is written and nothing is booked.
   */
  readonly dataDir?: string | false | undefined;
  /** The secret of one of the configured keys, whose calls these then are. Default: calls of nobody in particular. */
  readonly key?: string | undefined;
  /** Instead of `process.env`. */
  readonly env?: { readonly [name: string]: string | undefined } | undefined;
  /**
   * Told in sentences of what an operator should know while the gateway runs, e.g. that the ledger cannot be written. Nothing is
   * printed. See also `Gateway.health`.
   */
  readonly onTrouble?: ((message: string) => void) | undefined;
}
