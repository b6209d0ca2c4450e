import { randomBytes } from "node:crypto";
import { adminKeyFile, resetAdminKey } from "../identity/admin-key.ts";
import { exitCodes } from "../process/exit-codes.ts";
import { dataFolder } from "./data-folder.ts";
import type { Ports } from "./ports.ts";

export interface AdminKeyFlags {
  readonly config?: string | undefined;
  readonly reset?: boolean | undefined;
}

/** `polygate admin key`: says where the admin key is, or makes a new one; never prints it. Resolves to the exit code. */
export async function adminKeyCommand({ config, reset }: AdminKeyFlags, ports: Ports): Promise<number> {
  const { dataDir, environment } = await dataFolder(ports, config);
  const source = environment.source("POLYGATE_ADMIN_KEY");
  if (source !== undefined) {
    ports.err(`The admin key is that of POLYGATE_ADMIN_KEY (${source}), which overrules any file; change it there.`);
    return reset === true ? exitCodes.failed : exitCodes.stopped;
  }
  const file = adminKeyFile(dataDir);
  if (reset === true) {
    ports.out(resetAdminKey(dataDir, { hex: (count) => randomBytes(count).toString("hex") }));
    ports.err(
      "A new admin key lies there; the one before opens nothing any more. A running gateway takes notice within a second.",
    );
    return exitCodes.stopped;
  }
  const found = ports.files.stat(file);
  if (found === undefined) {
    ports.err(`There is no admin key at ${file} yet: \`polygate serve\` makes it at its first start, \`--reset\` makes it now.`);
    return exitCodes.failed;
  }
  ports.out(file);
  return exitCodes.stopped;
}
