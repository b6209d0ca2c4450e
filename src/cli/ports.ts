import type { Json } from "../canonical/json.ts";
import type { Gateway } from "../compose.ts";
import type { KnownNames } from "../config/checks.ts";
import type { Config } from "../config/config.ts";
import type { Files, HttpReply, HttpRequest, LineOptions, LineReader, Terminal } from "../machine/contract.ts";
import type { ConfigSource, ProviderView, Running } from "../process/contract.ts";

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
