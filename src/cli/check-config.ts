import { warningsOf } from "../config/warnings.ts";
import { loadFor } from "./commands/command.ts";
import { unreached } from "./near.ts";
import type { Ports } from "./ports.ts";
import { table } from "./terminal/table.ts";

/** `polygate config check`: reads and checks the configuration as `serve` would, and starts nothing. Returns the exit code. */
export async function checkConfigCommand(options: { readonly config?: string | undefined }, ports: Ports): Promise<number> {
  const config = await loadFor(ports, options.config);
  const { prepare, known } = await ports.engine();
  const { providers } = prepare(config, () => {});
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
  const shut = unreached(server);
  if (shut !== undefined) ports.err(`warning: ${shut.what}; ${shut.todo}`);
  const names = { providers: providers.map(({ name }) => name), builtIn: known.providers };
  for (const warning of warningsOf(config, { cwd: ports.cwd, ...names })) ports.err(`warning: ${warning}`);
  ports.out("The configuration is good.");
  return 0;
}
