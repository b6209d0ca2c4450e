import type { ServerOptions } from "../config/config.ts";
import { ConfigError } from "../config/problems.ts";

/** The command line asks for what cannot be. Its message says what would; the exit code is 2. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

/** Errors whose message is written for the operator. */
const spoken = new Set(["ProviderError", "StorageError", "IdentityError", "NoAnswer", "Misuse"]);

/** What kept a command from its work, in sentences for the operator; undefined where it is none that was foreseen. */
export function explainFailure(thrown: unknown, server?: Pick<ServerOptions, "host" | "port">): readonly string[] | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (thrown instanceof ConfigError)
    return ["The configuration cannot be used:", ...thrown.message.split("\n").map((line) => `  ${line}`)];
  if (spoken.has(thrown.name)) return [thrown.message];
  const { host, port } = server ?? { host: "the host", port: 0 };
  switch ("code" in thrown ? thrown.code : undefined) {
    case "EADDRINUSE":
      return [
        `Port ${port} on ${host} is taken by another program; choose another with --port, e.g. --port ${port === 65_535 ? 4000 : port + 1}.`,
      ];
    case "EACCES":
      return [`This user may not listen on port ${port}; choose one above 1023 with --port.`];
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return [`This machine has no address ${host}; choose one that it has with --host.`];
    default:
      return undefined;
  }
}

/** Why there is nothing to be read in the books. */
export const unreadable = (thrown: unknown): string =>
  `The ledger cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
