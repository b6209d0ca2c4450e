import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { Generated } from "kysely";
import { kyselyOver } from "./kysely.ts";

interface Schema {
  readonly things: {
    readonly id: Generated<number>;
    readonly name: string | null;
    readonly size: number | bigint;
    readonly data: Uint8Array | null;
  };
}

test("Kysely runs over node:sqlite: rows in and out, returning, transactions, streams, BigInt", async () => {
  const sqlite = new DatabaseSync(":memory:", { readBigInts: true });
  sqlite.exec("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, size INTEGER NOT NULL, data BLOB) STRICT");
  const db = kyselyOver<Schema>(sqlite);
  const large = 9_007_199_254_740_993n;
  const made = await db
    .insertInto("things")
    .values({ name: "a", size: large, data: new Uint8Array([1, 2]) })
    .returning("id")
    .executeTakeFirstOrThrow();
  assert.deepEqual({ ...made }, { id: 1n });
  await assert.rejects(
    db.transaction().execute(async (trx) => {
      await trx.insertInto("things").values({ name: "b", size: 1, data: null }).execute();
      throw new Error("undo");
    }),
    /undo/,
  );
  const changed = await db.updateTable("things").set({ name: null }).where("size", "=", large).executeTakeFirstOrThrow();
  assert.equal(changed.numUpdatedRows, 1n);
  const seen: unknown[] = [];
  for await (const row of db.selectFrom("things").select(["name", "size"]).stream()) seen.push({ ...row });
  assert.deepEqual(seen, [{ name: null, size: large }]);
  await db.destroy();
  assert.throws(() => sqlite.exec("SELECT 1"), /not open/);
});
