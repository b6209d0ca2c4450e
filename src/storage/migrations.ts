import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { StorageError, sqliteCode, sqliteCodes } from "./storage-error.ts";

/**
 * What becomes of a table's rows as they age. Every table declares one, or the migration that makes it fails:
 * - permanent: small, never removed by age;
 * - accounting: the books, removed by whole periods once the operator's retention is over;
 * - content: what callers and models said, with its own cap and a short life;
 * - derived: may be emptied at any time, since it can be rebuilt from other tables.
 */
export type Retention = "permanent" | "accounting" | "content" | "derived";

/** One step of a database's schema. Once released it never changes: a later step amends it. */
export interface Migration {
  /** Counts from 1 without gaps. */
  readonly number: number;
  readonly name: string;
  /** The tables it makes, and their retention. */
  readonly tables: { readonly [table: string]: Retention };
  /** Run in order, in one transaction with all other pending steps. */
  readonly statements: readonly string[];
}

const journal = "schema_migrations";

/**
 * Brings a database to the newest schema. All pending steps run in one transaction under the database's write lock, so two
 * processes that start together do it once, and a step that fails leaves everything as it was.
 *
 * Throws StorageError, and the gateway must not start: when a step fails, when an applied step is not the one this program
 * knows (its checksum differs, or the database is newer than the program), when a table has no retention class.
 *
 * @param file how to name the database in messages
 * @param nowMs milliseconds since the epoch, recorded with the steps applied
 * @returns how many steps were applied
 */
export function migrate(db: DatabaseSync, migrations: readonly Migration[], file: string, nowMs: number): number {
  try {
    db.exec("BEGIN IMMEDIATE");
  } catch (cause) {
    if (sqliteCode(cause) !== sqliteCodes.busy) throw new StorageError(`${file} cannot be migrated: ${text(cause)}.`, cause);
    throw new StorageError(`${file} is locked by another process. Stop that process, or give this one another data_dir.`, cause);
  }
  try {
    const count = applyPending(db, migrations, file, nowMs);
    db.exec("COMMIT");
    return count;
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK");
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(`${file} cannot be migrated: ${text(cause)}. Nothing was changed.`, cause);
  }
}

function applyPending(db: DatabaseSync, migrations: readonly Migration[], file: string, nowMs: number): number {
  db.exec(
    `CREATE TABLE IF NOT EXISTS ${journal} (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`,
  );
  const applied = db.prepare(`SELECT number, name, checksum FROM ${journal} ORDER BY number`).all();
  if (applied.length > migrations.length) {
    const last = applied[applied.length - 1];
    throw new StorageError(
      `${file} was written by a newer Polygate (its schema step ${last?.["number"]}, "${last?.["name"]}", is unknown here). Run that version or newer.`,
    );
  }
  const insert = db.prepare(`INSERT INTO ${journal} (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)`);
  for (const [index, migration] of migrations.entries()) {
    if (migration.number !== index + 1) throw new StorageError(`Schema step "${migration.name}" must have number ${index + 1}.`);
    const sum = checksum(migration);
    const known = applied[index];
    if (known === undefined) {
      run(db, migration, file);
      insert.run(migration.number, migration.name, sum, nowMs);
    } else if (known["number"] !== migration.number || known["checksum"] !== sum) {
      throw new StorageError(
        `${file} has another schema step ${migration.number} ("${known["name"]}") than this Polygate ("${migration.name}"): its checksum differs. ` +
          "Run the version that made the database, or give this one another data_dir.",
      );
    }
  }
  const undeclared = undeclaredTables(db, migrations);
  if (undeclared.length > 0) throw new StorageError(`${file} has tables without a retention class: ${undeclared.join(", ")}.`);
  return migrations.length - applied.length;
}

function run(db: DatabaseSync, migration: Migration, file: string): void {
  try {
    for (const statement of migration.statements) db.exec(statement);
  } catch (cause) {
    throw new StorageError(
      `Schema step ${migration.number} ("${migration.name}") failed on ${file}: ${text(cause)}. Nothing was changed.`,
      cause,
    );
  }
}

function undeclaredTables(db: DatabaseSync, migrations: readonly Migration[]): readonly string[] {
  const declared = new Set([journal, ...migrations.flatMap((migration) => Object.keys(migration.tables))]);
  return db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
    .all()
    .map((row) => String(row["name"]))
    .filter((name) => !declared.has(name));
}

const checksum = (migration: Migration): string =>
  createHash("sha256")
    .update(JSON.stringify([migration.name, migration.tables, migration.statements]))
    .digest("hex");

const text = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
