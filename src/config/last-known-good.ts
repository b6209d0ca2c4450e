import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { Environment } from "./environment.ts";
import { interpolate } from "./interpolate.ts";
import { type ConfigText, defaultDataDir, type LoadOptions } from "./load.ts";

const copyOf = (dataDir: string): string => join(dataDir, "last-known-good.yaml");
const heading = "# The last good configuration of ";

/**
 * Keeps a copy of a configuration that was put in force: its text as it stands in the file, so that secrets which are named by
 * their variable stay so. Only the owner can read it. Throws the system's error.
 */
export function keepLastKnownGood(dataDir: string, { file, text }: ConfigText): void {
  if (file === undefined) return;
  const copy = copyOf(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const fresh = `${copy}.new`;
  const descriptor = openSync(fresh, "w", 0o600);
  try {
    writeSync(descriptor, `${heading}${file}\n${text}`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, copy);
}

/** The copy of the file's last good text; undefined where there is none, or it is another file's. */
export function lastKnownGood(dataDir: string, file: string): string | undefined {
  let kept: string;
  try {
    kept = readFileSync(copyOf(dataDir), "utf8");
  } catch {
    return undefined;
  }
  const start = `${heading}${file}\n`;
  return kept.startsWith(start) ? kept.slice(start.length) : undefined;
}

/** Where the data of a configuration lies that cannot be read as a whole: by its one line, else where it lies by default. */
export function dataDirOf({ env, cwd }: Pick<LoadOptions, "env" | "cwd">, { file, text, dotenv }: ConfigText): string {
  const environment = new Environment(env, dotenv);
  const [, said] = /^data_dir:[ \t]*(\S[^\n#]*?)[ \t]*(?:#.*)?$/m.exec(text) ?? [];
  const found = said === undefined ? undefined : interpolate(said.replace(/^(["'])(.*)\1$/, "$2"), environment);
  if (found?.ok === true)
    return isAbsolute(found.text) ? found.text : resolve(file === undefined ? cwd : dirname(file), found.text);
  const ofEnvironment = environment.get("POLYGATE_DATA_DIR");
  return ofEnvironment === undefined ? defaultDataDir(environment, cwd) : resolve(cwd, ofEnvironment);
}
