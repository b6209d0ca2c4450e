import { existsSync } from "node:fs";
import type { Kysely } from "kysely";
import { kyselyOver } from "../storage/kysely.ts";
import { openSqlite } from "../storage/sqlite.ts";
import type { LedgerSchema } from "./entry.ts";
import { ledgerFile } from "./open.ts";

/**
 * Opens the ledger for reading, beside a gateway that is writing it. Integers are read as BigInt. Undefined where there is no
 * ledger yet. `destroy()` closes it. Throws StorageError.
 */
export function openLedgerReader(dataDir: string): Kysely<LedgerSchema> | undefined {
  const path = ledgerFile(dataDir);
  if (!existsSync(path)) return undefined;
  return kyselyOver<LedgerSchema>(openSqlite(path, { readOnly: true, bigints: true }));
}
