import type { Environment } from "../config/environment.ts";
import type { Ports } from "./ports.ts";

/** Where what a gateway keeps lies, and what its environment says. */
export interface DataFolder {
  readonly dataDir: string;
  readonly environment: Environment;
}

/**
 * The data folder of a configuration, for commands that need nothing else of it: a gateway runs on when its file is broken, and that is
 * when they are needed. Then the last good copy says where it is, else the file's one line, else the environment and the
 * default; stderr is told. Throws ConfigError where the file that was named is not there or cannot be read.
 */
export async function dataFolder(ports: Ports, argvPath: string | undefined): Promise<DataFolder> {
  const [{ parseConfig, readConfigText }, { dataDirOf, lastKnownGood }, { Environment }, { ConfigError }, { known }] =
    await Promise.all([
      import("../config/load.ts"),
      import("../config/last-known-good.ts"),
      import("../config/environment.ts"),
      import("../config/problems.ts"),
      ports.engine(),
    ]);
  const { env, cwd } = ports;
  const loading = { argvPath, env, cwd, known, readFile: (path: string) => ports.readFile(path) };
  const given = readConfigText(loading);
  try {
    return parseConfig(loading, given);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const near = dataDirOf(loading, given);
    const copy = given.file === undefined ? undefined : lastKnownGood(near, given.file);
    const kept = copy === undefined ? undefined : attempted(() => parseConfig(loading, { ...given, text: copy }));
    const dataDir = kept?.dataDir ?? near;
    const [problem = "", ...more] = thrown.message.split("\n");
    const further = more.length === 0 ? "" : ` (and ${more.length} more)`;
    const whence = kept === undefined ? "" : ", as its last good copy says";
    ports.err(`The configuration cannot be used: ${problem}${further}. The data is taken from ${dataDir}${whence}.`);
    return { dataDir, environment: new Environment(env, given.dotenv) };
  }
}

function attempted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
