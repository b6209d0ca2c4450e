import type { Json } from "../../canonical/json.ts";
import type { Config } from "../../config/config.ts";
import type { FileFacts, HttpReply, HttpRequest, LineOptions, LineReader, Terminal } from "../../machine/contract.ts";
import type { ProviderView } from "../../process/contract.ts";
import type { Engine, Ports, Prepared, Probe } from "../ports.ts";

/** What a command line under test finds around it. */
export interface World {
  readonly yaml?: string;
  readonly env?: { readonly [name: string]: string };
  readonly providers?: readonly Omit<ProviderView, "modelsUrl">[];
  /** What serving runs into. */
  readonly failure?: Error;
  /** Whether what runs ends when it is asked to. */
  readonly drains?: boolean;
  readonly running?: { readonly ollama: boolean };
  /** Default: pipes, and nothing comes in. */
  readonly terminal?: Partial<Terminal>;
  readonly input?: string;
  /** Other files than polygate.yaml, by their paths. */
  readonly files?: { readonly [path: string]: string | Uint8Array };
  readonly facts?: { readonly [path: string]: FileFacts };
  readonly probe?: (provider: string, config: Config) => Promise<Probe>;
  readonly open?: Prepared["open"];
  /** Overrules what this makes up. */
  readonly engine?: Engine;
  readonly http?: (request: HttpRequest) => Promise<HttpReply>;
  readonly getJson?: (url: string) => Promise<Json | undefined>;
  readonly wall?: number;
  /** Where it says that it listens. */
  readonly address?: string;
}

/** A command line whose ports are all of this test's making. */
export class Session implements Ports {
  readonly version = "9.8.7";
  readonly nodeVersion = "24.0.0";
  readonly cwd = "/w";
  readonly env: Ports["env"];
  readonly terminal: Terminal;
  readonly written: string[] = [];
  readonly saved = new Map<string, { readonly text: string; readonly mode: number }>();
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly configs: Config[] = [];
  readonly drained: number[] = [];
  clock = 0;
  /** What was written to stdout without a line's end of its own. */
  shown = "";
  trouble: (message: string) => void = () => {};
  readonly #world: World;
  readonly #stops = new Set<() => void>();
  readonly #waiting: { readonly text: RegExp; readonly resolve: () => void }[] = [];

  constructor(world: World = {}) {
    this.#world = world;
    this.env = { HOME: "/home/op", ...world.env };
    this.terminal = {
      in: false,
      out: false,
      err: false,
      columns: 80,
      input: world.input === undefined ? "nothing" : "data",
      ...world.terminal,
    };
  }

  out(line: string): void {
    this.lines.push(line);
    for (const { text, resolve } of this.#waiting) if (text.test(line)) resolve();
  }

  err(line: string): void {
    this.errors.push(line);
  }

  write(text: string, to: "out" | "err"): void {
    this.written.push(text);
    if (to === "out") this.shown += text;
  }

  onOutputLost(): () => void {
    return () => {};
  }

  async stdin(): Promise<Uint8Array> {
    return Buffer.from(this.#world.input ?? "");
  }

  readLines({ onInterrupt }: LineOptions): LineReader {
    const lines = (this.#world.input ?? "").split("\n");
    this.#stops.add(onInterrupt);
    return { next: async () => lines.shift(), clearLine: () => {}, close: () => {} };
  }

  readFile(path: string): string | undefined {
    if (path === "/w/polygate.yaml") return this.#world.yaml;
    const bytes = this.files.bytes(path);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
  }

  readonly files: Ports["files"] = {
    bytes: (path) => {
      const file = this.#world.files?.[path];
      return typeof file === "string" ? Buffer.from(file) : file;
    },
    write: (path, text, mode) => {
      this.saved.set(path, { text, mode });
    },
    stat: (path) => this.#world.facts?.[path],
    writable: () => true,
    freeBytes: () => 1e12,
  };

  async http(request: HttpRequest): Promise<HttpReply> {
    const { http } = this.#world;
    if (http === undefined) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    return http(request);
  }

  async getJson(url: string): Promise<Json | undefined> {
    const { getJson } = this.#world;
    if (getJson !== undefined) return getJson(url);
    return this.#world.running?.ollama === true && url.includes("11434") ? { models: [{ name: "llama3.2:3b" }] } : undefined;
  }

  wall(): number {
    return this.#world.wall ?? 0;
  }

  now(): number {
    return this.clock;
  }

  /** To the end of time, unless it is called off. */
  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) resolve();
      else signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  onStop(listener: () => void): () => void {
    this.#stops.add(listener);
    return () => this.#stops.delete(listener);
  }

  async engine(): Promise<Engine> {
    return (
      this.#world.engine ?? {
        known: { providers: ["openai"], wires: ["openai-chat"] },
        keyVariables: ["OPENAI_API_KEY", "GROQ_API_KEY"],
        prepare: (config, onTrouble) => this.#prepare(config, onTrouble),
      }
    );
  }

  #prepare(config: Config, onTrouble: (message: string) => void): Prepared {
    this.configs.push(config);
    this.trouble = onTrouble;
    const { failure, drains = true, providers: more = [], probe, open } = this.#world;
    const own = config.providers.map(({ name, baseUrl = "https://api.openai.com/v1" }) => ({
      name,
      baseUrl,
      credentialFrom: "none needed",
    }));
    const providers = [...own, ...more].map((provider) => ({ ...provider, modelsUrl: `${provider.baseUrl}/models` }));
    return {
      providers,
      probe: (name) => (probe === undefined ? Promise.reject(new Error("no probe")) : probe(name, config)),
      open: () => (open === undefined ? Promise.reject(new Error("no gateway")) : open()),
      serve: async () => {
        if (failure !== undefined) throw failure;
        return {
          address: this.#world.address ?? "http://127.0.0.1:4000",
          listModels: async () => ({
            models: providers.map(({ name }) => ({ id: `${name}/echo`, provider: name, createdAt: 0 })),
            silent: [],
          }),
          timeouts: () => config.timeouts,
          close: (ms) => {
            this.drained.push(ms);
            return drains ? Promise.resolve(0) : new Promise(() => {});
          },
        };
      },
    };
  }

  /** Resolves once a line of output matches. */
  until(text: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ text, resolve });
    });
  }

  stop(): void {
    for (const listener of this.#stops) listener();
  }

  get text(): string {
    return this.lines.join("\n");
  }
}
