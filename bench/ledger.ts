import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Rows of the ledger in a data directory, one per attempt. Read after the gateway has ended. Throws where there is no ledger. */
export function ledgerRows(dataDir: string): number {
  const file = readdirSync(dataDir, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith("ledger.sqlite"));
  if (file === undefined) throw new Error("no ledger in the data directory");
  const database = new DatabaseSync(join(dataDir, file), { readOnly: true });
  try {
    const row = database.prepare("select count(*) as entries from entries").get();
    return Number(row?.["entries"]);
  } finally {
    database.close();
  }
}
