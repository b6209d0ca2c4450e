import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../canonical/ports.ts";
import { inMemory as inMemoryOnly, keepsNoRows } from "../storage/in-memory.ts";
import { migrate } from "../storage/migrations.ts";
import { RowWriter } from "../storage/row-writer.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { startRowWorker } from "../storage/start-worker.ts";
import { PinStore, type PinStoreOptions } from "./pin-store.ts";
import { pinColumns, pinMigrations, pinStatement } from "./pin-table.ts";

export interface PinOptions {
  /** Where the gateway keeps its data; made if missing. `:memory:`: the latest answers are remembered until it ends. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly onTrouble: (message: string) => void;
  /** See RowWriterOptions. */
  readonly yields?: boolean | undefined;
  readonly inMemory?: number | undefined;
  /** See PinStoreOptions. */
  readonly tell?: PinStoreOptions["tell"];
}

const groupMs = 50;

/**
 * Opens the table of kept answers and migrates it. Its writer's thread starts with the first answer to be noted, so that who
 * never has one kept does not pay for it. Throws StorageError, and then the gateway must not start.
 */
export function openPins({ dataDir, clock, onTrouble, inMemory, tell, yields }: PinOptions): PinStore {
  if (dataDir === inMemoryOnly) {
    const openReader = () => migrated(openSqlite(inMemoryOnly), inMemoryOnly, clock);
    return new PinStore({ clock, writer: keepsNoRows, onTrouble, inMemory, openReader });
  }
  const path = join(dataDir, "conversations.sqlite");
  migrated(openSqlite(path), path, clock).close();
  const setup = { what: "table of kept answers", path, insert: pinStatement, width: pinColumns.length, busyTimeoutMs: 1000 };
  const writer = new RowWriter({
    what: setup.what,
    clock,
    groupMs,
    yields,
    onTrouble,
    limits: { rows: 20_000, bytes: 8 * 1024 ** 2 },
    startWorker: (committed) => startRowWorker({ ...setup, committed }),
  });
  // A reader waits for nobody's lock: the call it delays is on the main thread.
  return new PinStore({
    clock,
    writer,
    onTrouble,
    inMemory,
    tell,
    openReader: () => openSqlite(path, { readOnly: true, busyTimeoutMs: 20 }),
  });
}

function migrated(db: DatabaseSync, path: string, clock: Clock): DatabaseSync {
  try {
    migrate(db, pinMigrations, path, clock.wall());
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}
