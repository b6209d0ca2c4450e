import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { Clock } from "../canonical/ports.ts";
import type { BacklogLimits } from "../storage/backlog.ts";
import { inMemory, keepsNoRows } from "../storage/in-memory.ts";
import { migrate } from "../storage/migrations.ts";
import type { WorkerStart } from "../storage/protocol.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { startRowWorker } from "../storage/start-worker.ts";
import { LedgerWriter } from "./attempt-log.ts";
import { entryColumns, insertStatement } from "./entry.ts";
import { ledgerMigrations } from "./migrations.ts";

export interface LedgerOptions {
  /** Where the gateway keeps its data; made if missing, readable by this user only. `:memory:`: nothing is kept. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly limits?: Partial<BacklogLimits> | undefined;
  /** See RowWriterOptions. */
  readonly groupMs?: number | undefined;
  /** See RowWriterOptions. */
  readonly yields?: boolean | undefined;
  readonly onTrouble?: ((message: string) => void) | undefined;
  /** How long the worker waits for another process's lock before it says so and tries again. Default 1000. */
  readonly busyTimeoutMs?: number | undefined;
  /** How the worker thread is started, for tests that watch it. */
  readonly startWorker?: ((start: WorkerStart) => Worker) | undefined;
}

/** The ledger's database file. */
export const ledgerFile = (dataDir: string): string => join(dataDir, "ledger.sqlite");

/**
 * Opens the ledger for writing: migrates the database, then starts its worker. Throws StorageError, whose message names the
 * cause and what to do, and then the gateway must not start.
 */
export async function openLedger(options: LedgerOptions): Promise<LedgerWriter> {
  const { dataDir, clock, limits, groupMs, yields, onTrouble, busyTimeoutMs = 1000, startWorker = startRowWorker } = options;
  if (dataDir === inMemory) return LedgerWriter.over(keepsNoRows);
  const path = ledgerFile(dataDir);
  const db = openSqlite(path);
  try {
    migrate(db, ledgerMigrations, path, clock.wall());
  } finally {
    db.close();
  }
  const setup = { what: "ledger", path, insert: insertStatement(), width: entryColumns.length, busyTimeoutMs };
  return LedgerWriter.start({
    clock,
    limits,
    groupMs,
    yields,
    onTrouble,
    startWorker: (committed) => startWorker({ ...setup, committed }),
  });
}
