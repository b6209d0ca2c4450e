/** The database cannot be used. `message` is written for the operator: which file, what is wrong, what to do. */
export class StorageError extends Error {
  override readonly name = "StorageError";

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** SQLite's primary result code of an error thrown by node:sqlite; undefined for any other error. */
export function sqliteCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("errcode" in thrown) || typeof thrown.errcode !== "number") return undefined;
  return thrown.errcode & 0xff;
}

/** Result codes by their names in sqlite3.h. */
export const sqliteCodes = { busy: 5, tooBig: 18, constraint: 19, mismatch: 20 } as const;
