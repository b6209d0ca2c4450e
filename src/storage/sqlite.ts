import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inMemory } from "./in-memory.ts";
import { StorageError } from "./storage-error.ts";

export interface SqliteOptions {
  /** Readers see a consistent snapshot while the writer writes. The file must exist. Default false. */
  readonly readOnly?: boolean | undefined;
  /** How long a statement waits for another connection's lock, in milliseconds. It blocks its thread meanwhile. Default 5000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Integers are read as BigInt, so that no sum loses a digit. Default false: integers past 2^53 throw when read. */
  readonly bigints?: boolean | undefined;
}

/**
 * Opens a SQLite database: write-ahead log, so that readers never block the writer; `synchronous=NORMAL`, under which a commit
 * survives the death of the process, and a power cut may lose the last commits but never corrupts the file.
 *
 * A missing directory is made, readable by this user only; so are the files, whatever the directory's mode is. Keep to one writing connection per database and process.
 * Throws StorageError.
 */
export function openSqlite(path: string, options: SqliteOptions = {}): DatabaseSync {
  const readOnly = options.readOnly ?? false;
  try {
    if (readOnly && !existsSync(path)) throw new StorageError(`There is no database at ${path}.`);
    if (!readOnly && path !== inMemory) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      makePrivate(path);
    }
    const db = new DatabaseSync(path, {
      readOnly,
      timeout: options.busyTimeoutMs ?? 5000,
      readBigInts: options.bigints ?? false,
      defensive: true,
      enableForeignKeyConstraints: true,
    });
    try {
      if (!readOnly) configureWriter(db);
    } catch (cause) {
      db.close();
      throw cause;
    }
    return db;
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(`The database ${path} cannot be opened: ${cause instanceof Error ? cause.message : cause}.`, cause);
  }
}

/** SQLite gives its log and index the mode that the database has. */
function makePrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      if (existsSync(file)) chmodSync(file, 0o600);
    } catch {
      // Another user's, which we may write: its mode is that user's business.
    }
  }
}

function configureWriter(db: DatabaseSync): void {
  // Switching the mode needs an exclusive lock; a database that is in it already must open beside a busy writer.
  const mode = db.prepare("PRAGMA journal_mode").get()?.["journal_mode"];
  if (mode !== "wal") db.exec("PRAGMA journal_mode = WAL");
  // Small transactions write the same last pages to the log again and again; a checkpoint writes each of them once. So a log of
  // 16 MB instead of SQLite's 4 costs less, in writes and in syncs.
  db.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000");
  db.exec("PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000");
}
