import type { Secret } from "../canonical/secret.ts";
import type { Quirks } from "../wires/wire.ts";

/** What the operator says about one provider. */
export interface ProviderOptions {
  readonly name: string;
  /** Needed where the provider is not built in. */
  readonly wire?: string | undefined;
  /** What the provider's own SDK would be given. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: Secret | "none" | undefined;
  /** Over the built-in row's. */
  readonly quirks?: Quirks | undefined;
}

/** Where variables are looked up; an empty value counts as not set. */
export interface Variables {
  get(name: string): string | undefined;
  /** In words for the operator: "environment", ".env". */
  source(name: string): string | undefined;
}
