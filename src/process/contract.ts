import type { ModelListing } from "../canonical/models.ts";
import type { Config, ProviderOptions } from "../config/config.ts";
import type { ConfigText, Overrides } from "../config/load.ts";

/* What a process that serves is given, and what it gives: told to whoever starts one. */

/** Where a gateway's configuration comes from, at its start and later. */
export interface ConfigSource {
  readonly inForce: ConfigText;
  /** What was wrong with the file, where `inForce` is the last text that was good instead. */
  readonly instead?: readonly string[] | undefined;
  /** What stands in the files now. Throws ConfigError. */
  read(): ConfigText;
  /** Throws ConfigError. */
  parse(text: ConfigText): Config;
  /** What can only be said once the providers are known. Throws ConfigError. */
  check(config: Config, providers: readonly ProviderView[]): void;
  /** How another process makes the same configuration of a text. */
  readonly recipe: ConfigRecipe;
}

/** What goes into a configuration besides its text. Holds no secret. */
export interface ConfigRecipe {
  readonly overrides: Overrides;
  /** Providers that were found running, not configured. */
  readonly found: readonly ProviderOptions[];
  /** Providers of a configuration that has none. */
  readonly fallback: readonly ProviderOptions[];
}

/** What an operator is told of a provider. */
export interface ProviderView {
  readonly name: string;
  readonly baseUrl: string;
  /** Whence its credential came; never the credential. */
  readonly credentialFrom: string;
  /** Where it asks for its models. */
  readonly modelsUrl: string;
  /** Where its maker gives credentials out. */
  readonly keysPage?: string | undefined;
}

export interface Running {
  /** `http://host:port`. */
  readonly address: string;
  listModels(): Promise<ModelListing>;
  /** Where the operator's key is, for people; never the key. */
  readonly adminKey?: string | undefined;
  /** Tells the operator something as a line of the log. Absent: the log is meant for people, who are told directly. */
  readonly note?: ((event: string, message: string) => void) | undefined;
  /** The times of the configuration in force, which may be another than it was started with. */
  timeouts(): Pick<Config["timeouts"], "drainMs" | "drainWindowMs">;
  /**
   * Takes no more calls after `windowMs`, lets running ones finish for at most `drainMs` in all, writes the books, lets go of
   * everything. Gives how many calls had to be cut.
   */
  close(drainMs: number, windowMs: number): Promise<number>;
}
