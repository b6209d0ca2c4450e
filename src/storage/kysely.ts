import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { type Dialect, DummyDriver, Kysely, SqliteAdapter, SqliteDialect, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

/** Typed queries over an open SQLite connection. `destroy()` closes the connection. */
export function kyselyOver<Schema>(db: DatabaseSync): Kysely<Schema> {
  const dialect = new SqliteDialect({
    database: {
      close: () => db.close(),
      prepare(text) {
        const statement = db.prepare(text);
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...parameters.map(bindable)),
          run: (parameters) => statement.run(...parameters.map(bindable)),
          iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
        };
      },
    },
  });
  return new Kysely<Schema>({ dialect });
}

/** Builds SQLite's SQL text without a connection: for statements that are compiled once and prepared elsewhere. */
export function sqliteCompiler<Schema>(): Kysely<Schema> {
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return new Kysely<Schema>({ dialect });
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value;
    case "boolean":
      return value ? 1 : 0;
    default:
      if (value instanceof Uint8Array) return value;
      throw new TypeError(`A ${typeof value} cannot be stored in SQLite.`);
  }
}
