import { join } from "node:path";
import type { Clock } from "../canonical/ports.ts";
import { migrate } from "../storage/migrations.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { LedgerWriter } from "./attempt-log.ts";
import type { BacklogLimits } from "./backlog.ts";
import { entryColumns, insertStatement } from "./entry.ts";
import { ledgerMigrations } from "./migrations.ts";
import { startWorker } from "./start-worker.ts";

export interface LedgerOptions {
  /** Where the gateway keeps its data; made if missing, readable by this user only. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly limits?: Partial<BacklogLimits> | undefined;
  readonly onTrouble?: ((message: string) => void) | undefined;
}

/** The ledger's database file. */
export const ledgerFile = (dataDir: string): string => join(dataDir, "ledger.sqlite");

/**
 * Opens the ledger for writing: migrates the database, then starts its worker. Throws StorageError, whose message names the
 * cause and what to do, and then the gateway must not start.
 */
export async function openLedger(options: LedgerOptions): Promise<LedgerWriter> {
  const { dataDir, clock, limits, onTrouble } = options;
  const path = ledgerFile(dataDir);
  const db = openSqlite(path);
  try {
    migrate(db, ledgerMigrations, path, clock.wall());
  } finally {
    db.close();
  }
  const setup = { path, insert: insertStatement(), width: entryColumns.length, busyTimeoutMs: 1000 };
  return LedgerWriter.start({ clock, limits, onTrouble, startWorker: (committed) => startWorker({ ...setup, committed }) });
}
