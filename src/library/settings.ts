import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import { knownNames } from "../providers/index.ts";
import { inMemory } from "../storage/in-memory.ts";
import type { GatewayOptions } from "./options.ts";

/** Options that are no setting of polygate.yaml. */
const noSettings = new Set(["config", "dataDir", "key", "env", "onTrouble"]);
/** Settings of the server, which the library has none of. */
const serverOnly = new Set(["server", "log", "workers"]);
/** Below these stand names that the operator gives, which are no keys of ours. */
const named = new Set(["providers", "labels", "prices", "aliases", "safety"]);
/** Sections in which a number is milliseconds, and where it is not said by the section, the key. */
const durations = new Set(["timeouts", "conversations.ttl", "media.timeout"]);

/** The configuration that the options stand for. Throws ConfigError with everything that is wrong. */
export function readSettings(options: GatewayOptions): Config {
  const { config: file, dataDir, env = process.env } = options;
  const cwd = process.cwd();
  const given = Object.entries(options).filter(([name, value]) => !noSettings.has(name) && value !== undefined);
  const misplaced = given.map(([name]) => name).filter((name) => file !== undefined || serverOnly.has(name));
  if (misplaced.length > 0) {
    const why =
      file === undefined ? "is about the server, which a library has none of" : "stands in the file that `config` names";
    throw new ConfigError(misplaced.map((name) => ({ message: `${name}: ${why}; leave it out here` })));
  }
  const load =
    given.length === 0
      ? () => loadConfig({ argvPath: file, env, cwd, readFile, known: knownNames })
      : () => fromOptions(given, env, cwd);
  const config = inProgramsWords(load);
  if (dataDir === undefined) return config;
  return { ...config, dataDir: dataDir === false || dataDir === inMemory ? inMemory : resolve(cwd, dataDir) };
}

/** A file that is not there was named by an option here, not by a flag. */
function inProgramsWords(load: () => Config): Config {
  try {
    return load();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    throw new ConfigError(
      thrown.problems.map((problem) => ({
        ...problem,
        message: problem.message.replace("(named by --config)", "(named by `config`)"),
      })),
    );
  }
}

/** The settings read as the file that says the same would be: JSON is YAML. */
function fromOptions(
  given: readonly (readonly [string, unknown])[],
  env: NonNullable<GatewayOptions["env"]>,
  cwd: string,
): Config {
  const file = join(cwd, "createGateway");
  const text = JSON.stringify(Object.fromEntries(given.map(([name, value]) => [snake(name), spelled(value, name)])));
  try {
    const config = loadConfig({
      argvPath: file,
      env,
      cwd,
      readFile: (path) => (path === file ? text : undefined),
      known: knownNames,
    });
    return { ...config, file: undefined };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const own = JSON.stringify(Object.fromEntries(given));
    // There is no file that the places would be in, and here the keys are spelled otherwise.
    throw new ConfigError(thrown.problems.map(({ message }) => ({ message: inCamelCase(message, own) })));
  }
}

/** A value of the options as the file spells it. `under` is the key it stands under. */
function spelled(value: unknown, under: string): unknown {
  // What is in a program's hands already is not looked up in the environment.
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map((item) => spelled(item, under));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      named.has(under) ? name : snake(name),
      typeof inner === "number" && (durations.has(under) || durations.has(`${under}.${name}`))
        ? `${inner}ms`
        : spelled(inner, named.has(under) ? "" : name),
    ]),
  );
}

const snake = (name: string): string =>
  /^[a-z][A-Za-z0-9]*$/.test(name)
    ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/([a-z])(\d)/g, "$1_$2")
    : name;
/** A sentence about keys of the file, with their names as they are here. Values that may be given are spelled alike in both. */
function inCamelCase(message: string, own: string): string {
  const [keys = "", ...values] = message.split(/(?= must be )/);
  const told = keys.replace(/\b[a-z]+(?:_[a-z\d]+)+\b/g, (name) =>
    own.includes(`"${name}"`) ? name : name.replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase()),
  );
  return told + values.join("");
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
}
