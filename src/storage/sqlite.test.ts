import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { inMemory } from "./in-memory.ts";
import { openSqlite } from "./sqlite.ts";

it("a database in memory leaves no file", () => {
  openSqlite(inMemory).close();
  assert.ok(!existsSync(inMemory));
});

it("the files are this user's only, in whatever directory and whatever they were before", () => {
  const folder = mkdtempSync(join(tmpdir(), "polygate-sqlite-"));
  try {
    chmodSync(folder, 0o755);
    const path = join(folder, "x.sqlite");
    const modes = (): string[] =>
      readdirSync(folder)
        .sort()
        .map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`);
    const first = openSqlite(path);
    first.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const all = ["x.sqlite 600", "x.sqlite-shm 600", "x.sqlite-wal 600"];
    assert.deepEqual(modes(), all);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    const second = openSqlite(path);
    assert.deepEqual(modes(), all);
    assert.equal(second.prepare("SELECT a FROM t").get()?.["a"], 1);
    second.close();
    first.close();
    writeFileSync(join(folder, "y.sqlite"), "", { mode: 0o644 });
    openSqlite(join(folder, "y.sqlite")).close();
    assert.ok(modes().includes("y.sqlite 600"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
