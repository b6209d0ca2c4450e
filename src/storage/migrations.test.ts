import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type Migration, migrate } from "./migrations.ts";
import { openSqlite } from "./sqlite.ts";

let root: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "polygate-storage-"));
  file = join(root, "deep", "data", "x.sqlite");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const step = (number: number, table: string, more: Partial<Migration> = {}): Migration => ({
  number,
  name: `make ${table}`,
  tables: { [table]: "permanent" },
  statements: [`CREATE TABLE ${table} (id INTEGER PRIMARY KEY) STRICT`],
  ...more,
});

function attempt(migrations: readonly Migration[]): { applied: number; tables: readonly unknown[] } {
  const db = openSqlite(file);
  try {
    const applied = migrate(db, migrations, file, 7);
    return { applied, tables: tables() };
  } finally {
    db.close();
  }
}

function tables(): readonly unknown[] {
  const db = openSqlite(file, { readOnly: true });
  try {
    return db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
      .map((row) => row["name"]);
  } finally {
    db.close();
  }
}

test("pending steps are applied once, in order", () => {
  assert.deepEqual(attempt([step(1, "a")]), { applied: 1, tables: ["a", "schema_migrations"] });
  assert.deepEqual(attempt([step(1, "a"), step(2, "b"), step(3, "c")]), {
    applied: 2,
    tables: ["a", "b", "c", "schema_migrations"],
  });
  assert.equal(attempt([step(1, "a"), step(2, "b"), step(3, "c")]).applied, 0);
});

test("the data directory is readable by its owner only", () => {
  attempt([step(1, "a")]);
  assert.equal(statSync(dirname(file)).mode & 0o777, 0o700);
});

test("a step that fails names itself and its cause, and leaves everything as it was", () => {
  attempt([step(1, "a")]);
  const broken = step(3, "c", {
    statements: ["CREATE TABLE c (id INTEGER PRIMARY KEY) STRICT", "INSERT INTO nowhere VALUES (1)"],
  });
  assert.throws(() => attempt([step(1, "a"), step(2, "b"), broken]), {
    name: "StorageError",
    message: /step 3 \("make c"\) failed on .*no such table: nowhere.*Nothing was changed/,
  });
  assert.deepEqual(tables(), ["a", "schema_migrations"]);
});

test("an applied step that differs from the program's refuses", () => {
  attempt([step(1, "a"), step(2, "b")]);
  const altered = step(1, "a", { statements: ["CREATE TABLE a (id INTEGER PRIMARY KEY, extra TEXT) STRICT"] });
  assert.throws(() => attempt([altered, step(2, "b")]), {
    name: "StorageError",
    message: /step 1 \("make a"\).*checksum differs/,
  });
});

test("a database of a newer program refuses", () => {
  attempt([step(1, "a"), step(2, "b")]);
  assert.throws(() => attempt([step(1, "a")]), { name: "StorageError", message: /newer Polygate.*step 2, "make b"/ });
});

test("a table without a retention class refuses", () => {
  const silent = step(1, "a", { tables: {} });
  assert.throws(() => attempt([silent]), { name: "StorageError", message: /without a retention class: a\./ });
});

test("numbers must have no gaps", () => {
  assert.throws(() => attempt([step(2, "a")]), { name: "StorageError", message: /must have number 1/ });
});

test("a database that another connection is writing is reported as locked", () => {
  attempt([step(1, "a")]);
  const holder = openSqlite(file);
  const db = openSqlite(file, { busyTimeoutMs: 0 });
  try {
    holder.exec("BEGIN IMMEDIATE");
    assert.throws(() => migrate(db, [step(1, "a")], file, 7), { name: "StorageError", message: /locked by another process/ });
  } finally {
    db.close();
    holder.close();
  }
});

test("a file that is no database says so", () => {
  assert.throws(() => openSqlite(join(root, "missing.sqlite"), { readOnly: true }), {
    name: "StorageError",
    message: /There is no database/,
  });
  assert.throws(() => openSqlite(root), { name: "StorageError", message: /cannot be opened/ });
});
