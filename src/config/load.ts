import { dirname, isAbsolute, join, resolve } from "node:path";
import { type KnownNames, openToPages, openToTheWorld, repeatedKeys, strangeProviders, strangeSafety } from "./checks.ts";
import type { Config, ProviderOptions } from "./config.ts";
import { readDocument } from "./document.ts";
import { Environment, type Variables } from "./environment.ts";
import { explain } from "./explain.ts";
import { environmentKeys, withVariables } from "./from-environment.ts";
import { ConfigError, type Problem } from "./problems.ts";
import { type ConfigFile, configSchema } from "./schema.ts";

export interface LoadOptions {
  /** `--config`. */
  readonly argvPath?: string | undefined;
  /** The process's environment; `POLYGATE_CONFIG` names a file where `argvPath` does not. */
  readonly env: Variables;
  readonly cwd: string;
  /** The file's text; undefined where there is no such file. Throws where it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  /** What overrules the file: flags of the command line. */
  readonly overrides?: Overrides | undefined;
  /** Names that the providers area knows, so that a misspelt one is found here, with its line. */
  readonly known: KnownNames;
}

/** Flags of the command line. */
export interface Overrides {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly workers?: number | "auto" | undefined;
}

/** What a configuration is read from, as it stood at one moment. */
export interface ConfigText {
  /** Absolute path; absent where there is none. */
  readonly file?: string | undefined;
  readonly text: string;
  /** The text of the `.env` beside it. */
  readonly dotenv?: string | undefined;
}

/** Larger is no configuration. */
const mostCharacters = 1024 * 1024;

/** Reads and checks the configuration. Throws ConfigError with everything that is wrong. */
export const loadConfig = (options: LoadOptions): Config => parseConfig(options, readConfigText(options));

/** Reads what the configuration stands in. Throws ConfigError where the file that was asked for is not there. */
export function readConfigText(options: Pick<LoadOptions, "argvPath" | "env" | "cwd" | "readFile">): ConfigText {
  const readFile = legible(options.readFile);
  const { file, text } = findFile({ ...options, readFile });
  return { file, text, dotenv: readFile(join(file === undefined ? options.cwd : dirname(file), ".env")) };
}

/** Reads again what a running gateway was configured by: that file and no other. Throws ConfigError where it cannot. */
export function rereadConfigText(options: Pick<LoadOptions, "cwd" | "readFile">, file: string | undefined): ConfigText {
  const readFile = legible(options.readFile);
  if (file === undefined) return { text: "", dotenv: readFile(join(options.cwd, ".env")) };
  const text = readFile(file);
  if (text === undefined) throw new ConfigError([{ file, message: "the file is gone" }]);
  return { file, text, dotenv: readFile(join(dirname(file), ".env")) };
}

/** A file that is there and cannot be read is a fault of the configuration. */
const legible =
  (readFile: LoadOptions["readFile"]): LoadOptions["readFile"] =>
  (path) => {
    try {
      return readFile(path);
    } catch (thrown) {
      const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
      throw new ConfigError([{ file: path, message: `this cannot be read (${code})` }]);
    }
  };

/** Checks a configuration's text. Throws ConfigError with everything that is wrong. */
export function parseConfig(options: Pick<LoadOptions, "env" | "cwd" | "overrides" | "known">, given: ConfigText): Config {
  const { file, text } = given;
  const home = file === undefined ? options.cwd : dirname(file);
  if (text.length > mostCharacters) {
    throw new ConfigError([{ file, message: `this is larger than the ${mostCharacters} characters a configuration may have` }]);
  }
  const environment = new Environment(options.env, given.dotenv);
  const document = readDocument(text, file ?? "", environment);
  const { value, sources } = withVariables(document.value, environment);
  const parsed = configSchema.safeParse(value);
  const shape = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => {
        const variable = sources.get(issue.path.join("."));
        return variable === undefined ? explain(issue, document) : [{ message: `${variable} ${issue.message}` }];
      });
  if (!parsed.success || document.problems.length > 0) throw new ConfigError(merge(document.problems, shape));
  const ofEnvironment = environmentKeys(environment, parsed.data.keys);
  const keys = [...parsed.data.keys, ...ofEnvironment.keys];
  const server = {
    host: options.overrides?.host ?? parsed.data.server.host,
    port: options.overrides?.port ?? parsed.data.server.port,
    hosts: parsed.data.server.hosts,
  };
  const problems = [
    ...ofEnvironment.problems,
    ...openToTheWorld(server.host, { keys }, document, options.overrides?.host ?? sources.get("server.host")),
    ...openToPages(server.hosts, { keys }, document),
    ...repeatedKeys(parsed.data.keys, document),
    ...strangeProviders(parsed.data, document, options.known),
    ...strangeSafety(parsed.data, document),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  const { timeouts, limits } = parsed.data;
  return {
    file,
    environment,
    server,
    keys,
    providers: Object.entries(parsed.data.providers).map(([name, given]) => providerOptions(name, given)),
    aliases: parsed.data.aliases,
    strict: parsed.data.strict,
    dataDir: resolve(
      sources.has("data_dir") ? options.cwd : home,
      parsed.data.data_dir ?? defaultDataDir(environment, options.cwd),
    ),
    workers: options.overrides?.workers ?? parsed.data.workers,
    timeouts: {
      connectMs: timeouts.connect,
      firstTokenMs: timeouts.first_token,
      betweenChunksMs: timeouts.between_chunks,
      totalMs: timeouts.total,
      drainMs: timeouts.drain,
      drainWindowMs: timeouts.drain_window,
    },
    limits: {
      bodyBytes: limits.body_bytes,
      allBodiesBytes: limits.all_bodies_bytes,
      replyBytes: limits.reply_bytes,
      concurrentCalls: limits.concurrent_calls,
      lagMs: limits.lag,
      connections: limits.connections,
      connectionsPerAddress: limits.connections_per_address,
      wrongKeys: limits.wrong_keys,
    },
    conversations: { ttlMs: parsed.data.conversations.ttl },
    guards: parsed.data.guards,
    log: parsed.data.log,
    observe: parsed.data.observe,
    egress: parsed.data.egress,
    media: parsed.data.media,
  };
}

function findFile({ argvPath, env, cwd, readFile }: Pick<LoadOptions, "argvPath" | "env" | "cwd" | "readFile">): {
  readonly file: string | undefined;
  readonly text: string;
} {
  const variable = env["POLYGATE_CONFIG"];
  const asked = argvPath ?? (variable === "" ? undefined : variable);
  if (asked !== undefined) {
    const file = resolve(cwd, asked);
    const text = readFile(file);
    const by = argvPath === undefined ? "POLYGATE_CONFIG" : "--config";
    if (text === undefined) throw new ConfigError([{ file, message: `there is no such file (named by ${by})` }]);
    return { file, text };
  }
  for (const name of ["polygate.yaml", "polygate.yml"]) {
    const text = readFile(join(cwd, name));
    if (text !== undefined) return { file: join(cwd, name), text };
  }
  return { file: undefined, text: "" };
}

/** Where the data lies when nobody says. */
export function defaultDataDir(environment: Environment, cwd: string): string {
  const data = environment.get("XDG_DATA_HOME") ?? environment.get("LOCALAPPDATA");
  if (data !== undefined && isAbsolute(data)) return join(data, "polygate");
  const home = environment.get("HOME") ?? environment.get("USERPROFILE");
  return home === undefined ? join(cwd, ".polygate") : join(home, ".local", "share", "polygate");
}

function providerOptions(name: string, given: ConfigFile["providers"][string]): ProviderOptions {
  return {
    name,
    wire: given?.wire,
    baseUrl: given?.base_url,
    apiKey: given?.api_key,
    quirks: given?.quirks,
    prices: given?.prices,
  };
}

/** Both, in the file's order; where the first has spoken of a place already, the second has nothing to add. */
function merge(first: readonly Problem[], second: readonly Problem[]): Problem[] {
  const fresh = second.filter(
    ({ line, column }) => line === undefined || !first.some((one) => one.line === line && one.column === column),
  );
  return [...first, ...fresh].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
