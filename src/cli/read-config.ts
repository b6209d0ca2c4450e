import type { Config } from "../config/config.ts";
import { dataDirOf, lastKnownGood } from "../config/last-known-good.ts";
import { type ConfigText, type LoadOptions, parseConfig, readConfigText, rereadConfigText } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import type { ConfigSource } from "../process/contract.ts";
import type { Ports } from "./ports.ts";

export interface ReadOptions {
  readonly argvPath?: string | undefined;
  readonly overrides: LoadOptions["overrides"];
  readonly known: LoadOptions["known"];
  /** Where the file is bad, its last good copy will do. */
  readonly lastKnownGood: boolean;
}

/** The configuration to start with, and how it is read again. */
export type Beginning = Pick<ConfigSource, "inForce" | "instead" | "read" | "parse"> & { readonly config: Config };

/** Reads and checks the configuration. Throws ConfigError. */
export function readConfig(options: ReadOptions, ports: Pick<Ports, "env" | "cwd" | "readFile">): Beginning {
  const { env, cwd } = ports;
  const { argvPath, overrides, known } = options;
  const loading = { argvPath, env, cwd, readFile: (path: string) => ports.readFile(path), known, overrides };
  const given = readConfigText(loading);
  const parse = (text: ConfigText): Config => parseConfig(loading, text);
  const beginning = (inForce: ConfigText, instead?: readonly string[]): Beginning => ({
    config: parse(inForce),
    inForce,
    instead,
    parse,
    read: () => rereadConfigText(loading, inForce.file),
  });
  try {
    return beginning(given);
  } catch (thrown) {
    const { file } = given;
    if (!(thrown instanceof ConfigError) || !options.lastKnownGood || file === undefined) throw thrown;
    const text = lastKnownGood(dataDirOf(loading, given), file);
    if (text === undefined) {
      const message = "there is no last good copy of this file either, so --last-known-good cannot help";
      throw new ConfigError([...thrown.problems, { file, message }]);
    }
    return beginning({ ...given, text }, thrown.message.split("\n"));
  }
}
