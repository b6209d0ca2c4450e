import type { Json } from "../canonical/json.ts";
import type { Gateway } from "../compose.ts";
import type { KnownNames } from "../config/checks.ts";
import type { Config, ProviderOptions } from "../config/config.ts";
import type { ConfigText, Overrides } from "../config/load.ts";

/** Everything the commands touch outside themselves; main.ts hands in the real things, tests hand in others. */
export interface Ports {
  readonly version: string;
  readonly nodeVersion: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
  readonly terminal: Terminal;
  /** One line to stdout. */
  out(line: string): void;
  /** One line to stderr. */
  err(line: string): void;
  /** Text as it is, without a line's end. */
  write(text: string, to: "out" | "err"): void;
  /** Told when nobody takes standard output any more; gives what stops the telling. */
  onOutputLost(listener: () => void): () => void;
  /** All of standard input, to its end. */
  stdin(): Promise<Uint8Array>;
  /** Reads lines from standard input, with history and completion where it is a terminal. */
  readLines(options: LineOptions): LineReader;
  /** Undefined where there is no such file. */
  readFile(path: string): string | undefined;
  readonly files: Files;
  /** Throws the system's error where nobody answers. Redirects are not followed. */
  http(request: HttpRequest): Promise<HttpReply>;
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
  /** The gateway's own machinery. Loaded when first asked for, as most of the program's start is spent on it. */
  engine(): Promise<Engine>;
}

/** What is at the other end of the standard streams. */
export interface Terminal {
  readonly in: boolean;
  readonly out: boolean;
  readonly err: boolean;
  /** Width of the terminal that output goes to. */
  readonly columns: number;
  /** What standard input is where it is no terminal; "nothing" for /dev/null and closed. */
  readonly input: "terminal" | "data" | "nothing";
}

/** The file system, as far as commands besides `serve` look at it. */
export interface Files {
  /** Undefined where there is no such file. */
  bytes(path: string): Uint8Array | undefined;
  /** Makes the directories above it. `mode` as chmod takes it. Throws the system's error. */
  write(path: string, text: string, mode: number): void;
  stat(path: string): FileFacts | undefined;
  /** Whether this user may write to what is there. */
  writable(path: string): boolean;
  /** Bytes that this user may still write on the disk that holds `path`; undefined where it cannot be told. */
  freeBytes(path: string): number | undefined;
}

export interface FileFacts {
  readonly kind: "file" | "directory" | "other";
  /** Permission bits alone. */
  readonly mode: number;
  /** Whether the user who runs this owns it. */
  readonly own: boolean;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: { readonly [name: string]: string };
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpReply {
  readonly status: number;
  /** In lower case. */
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface LineOptions {
  /** What a half-written line may become. */
  readonly complete: (line: string) => readonly string[];
  /** Told of Ctrl-C. */
  readonly onInterrupt: () => void;
}

export interface LineReader {
  /** The next line; undefined once there is none (Ctrl-D). The prompt shows on a terminal only. */
  next(prompt: string): Promise<string | undefined>;
  /** Throws away what stands on the line being written. */
  clearLine(): void;
  close(): void;
}

export interface Engine {
  readonly known: KnownNames;
  /** Variables of which one is enough to have a provider. */
  readonly keyVariables: readonly string[];
  /** Throws ProviderError where a provider that the configuration names cannot be used. */
  prepare(config: Config, onTrouble: (message: string) => void): Prepared;
}

/** A gateway that could be started. */
export interface Prepared {
  readonly providers: readonly ProviderView[];
  /** `source`: whence another configuration may come while it runs. */
  serve(source: ConfigSource): Promise<Running>;
  /** The gateway without an entrance: for calls of this very process. */
  open(): Promise<Gateway>;
  /** Asks a provider for its models, which costs nothing, and tells what came of it. */
  probe(provider: string, timeoutMs: number): Promise<Probe>;
}

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

/** What came of asking a provider for its models. */
export type Probe =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly header: (name: string) => string | undefined;
      /** As much of it as is needed to tell what it is. */
      readonly text: string;
      /** How many models it lists; undefined where the answer is no list. */
      readonly models: number | undefined;
      readonly ms: number;
    }
  /** `code`: the system's or TLS's word for it, e.g. ECONNREFUSED, ENOTFOUND, DEPTH_ZERO_SELF_SIGNED_CERT, or ours (timeout …). */
  | { readonly kind: "failure"; readonly code: string; readonly message: string; readonly ms: number };

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
  listModels(): Promise<ModelListingView>;
  /** Where the operator's key is, for people; never the key. */
  readonly adminKey?: string | undefined;
  /** Tells the operator something as a line of the log. Absent: the log is meant for people, who are told directly. */
  readonly note?: ((event: string, message: string) => void) | undefined;
  /**
   * Takes no more calls after `windowMs`, lets running ones finish for at most `drainMs` in all, writes the books, lets go of
   * everything. Gives how many calls had to be cut.
   */
  close(drainMs: number, windowMs: number): Promise<number>;
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
