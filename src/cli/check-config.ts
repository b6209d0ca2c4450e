import { loadConfig } from "../config/load.ts";
import type { Ports } from "./ports.ts";
import { table } from "./table.ts";

/** `polygate check-config`: reads and checks the configuration as `start` would, and starts nothing. Returns the exit code. */
export function checkConfigCommand(options: { readonly config?: string | undefined }, ports: Ports): number {
  const { env, cwd, known } = ports;
  const config = loadConfig({ argvPath: options.config, env, cwd, readFile: (path) => ports.readFile(path), known });
  const { providers } = ports.prepare(config, () => {});
  const { file, server, keys, dataDir } = config;
  for (const line of table([
    ["config", file ?? "none: the defaults hold"],
    ["listens on", `${server.host}:${server.port}`],
    ["keys", keys.length === 0 ? "none: open on loopback" : keys.map(({ id }) => id).join(", ")],
    ["data", dataDir],
    ...providers.map(({ name, baseUrl, credentialFrom }) => [`provider ${name}`, `${baseUrl}  (credential: ${credentialFrom})`]),
  ])) {
    ports.out(line);
  }
  ports.out("The configuration is good.");
  return 0;
}
