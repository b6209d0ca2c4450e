import type { Json } from "../canonical/json.ts";
import type { KnownNames } from "../config/checks.ts";
import type { Config } from "../config/config.ts";

/** Everything the commands touch outside themselves; main.ts hands in the real things, tests hand in others. */
export interface Ports {
  readonly version: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
  /** One line to stdout. */
  out(line: string): void;
  /** One line to stderr. */
  err(line: string): void;
  /** Undefined where there is no such file. */
  readFile(path: string): string | undefined;
  /** GET; undefined where nothing sensible came back in time. */
  getJson(url: string, timeoutMs: number): Promise<Json | undefined>;
  /** Milliseconds since the epoch. */
  wall(): number;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Resolves after `ms`; gives up its timer when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Told each time the process is asked to stop; gives what stops the telling. */
  onStop(listener: () => void): () => void;
  readonly known: KnownNames;
  /** Variables of which one is enough to have a provider. */
  readonly keyVariables: readonly string[];
  /** Throws ProviderError where a provider that the configuration names cannot be used. */
  prepare(config: Config, onTrouble: (message: string) => void): Prepared;
}

/** A gateway that could be started. */
export interface Prepared {
  readonly providers: readonly ProviderView[];
  serve(): Promise<Running>;
}

/** What an operator is told of a provider. */
export interface ProviderView {
  readonly name: string;
  readonly baseUrl: string;
  /** Whence its credential came; never the credential. */
  readonly credentialFrom: string;
}

export interface Running {
  /** `http://host:port`. */
  readonly address: string;
  listModels(): Promise<ModelListingView>;
  /** Takes no more calls, lets running ones finish for at most `drainMs`, writes the books, lets go of everything. */
  close(drainMs: number): Promise<void>;
}

export interface ModelListingView {
  readonly models: readonly ModelView[];
  /** Providers that did not say what they have, and why. */
  readonly silent: readonly { readonly provider: string; readonly reason: string }[];
}

export interface ModelView {
  /** As it is to be named in a call: `provider/model`. */
  readonly id: string;
  readonly provider: string;
  /** Seconds since the epoch; 0 where not known. */
  readonly createdAt: number;
}
