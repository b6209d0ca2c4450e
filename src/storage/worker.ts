import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Cell, FromWorker, ToWorker, WorkerSetup, WorkerStart } from "./protocol.ts";
import { openSqlite } from "./sqlite.ts";
import { sqliteCode, sqliteCodes } from "./storage-error.ts";

/*
 * The entry of a row writer's worker thread, the only writer of its database in this process. It may block: nobody waits for it
 * on the byte path. Imports are few because they are what the thread's start and memory cost.
 */

interface Connection {
  readonly db: DatabaseSync;
  readonly begin: StatementSync;
  readonly insert: StatementSync;
  readonly commit: StatementSync;
}

function connect(setup: WorkerSetup): Connection {
  const db = openSqlite(setup.path, { busyTimeoutMs: setup.busyTimeoutMs });
  return { db, begin: db.prepare("BEGIN IMMEDIATE"), insert: db.prepare(setup.insert), commit: db.prepare("COMMIT") };
}

function serve(port: MessagePort, setup: WorkerStart): void {
  let connection: Connection | undefined = connect(setup);
  const say = (message: FromWorker): void => port.postMessage(message);

  /** Writes one batch, however long that takes: only the end of the thread gives up. */
  const write = (id: number, cells: readonly Cell[]): void => {
    for (let failures = 0; ; failures++) {
      try {
        connection ??= connect(setup);
        const { known, refused, reason } = insertAll(connection, cells, setup.width);
        Atomics.store(setup.committed, 0, BigInt(id));
        if (known + refused > 0) say({ kind: "irregular", known, refused, reason });
        if (failures > 0) say({ kind: "recovered" });
        return;
      } catch (thrown) {
        if (failures === 0) say({ kind: "trouble", reason: thrown instanceof Error ? thrown.message : String(thrown) });
        if (sqliteCode(thrown) !== sqliteCodes.busy) connection = discard(connection);
        pause(Math.min(1000, 20 * 2 ** failures));
      }
    }
  };

  port.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "batch":
        write(message.id, message.cells);
        break;
      case "sync":
        say({ kind: "synced" });
        break;
      case "close":
        connection?.db.close();
        port.close();
        break;
    }
  });
  say({ kind: "ready" });
}

function insertAll({ db, begin, insert, commit }: Connection, cells: readonly Cell[], width: number) {
  let known = 0;
  let refused = 0;
  let reason: string | undefined;
  begin.run();
  try {
    for (let at = 0; at < cells.length; at += width) {
      try {
        if (insert.run(...cells.slice(at, at + width)).changes === 0) known++;
      } catch (thrown) {
        if (!isRowFault(thrown)) throw thrown;
        refused++;
        reason ??= thrown instanceof Error ? thrown.message : String(thrown);
      }
    }
    commit.run();
  } catch (thrown) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw thrown;
  }
  return { known, refused, reason };
}

/** The fault lies in the row itself, so that trying again could not help, and its neighbours must not suffer. */
function isRowFault(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === sqliteCodes.constraint || code === sqliteCodes.mismatch || code === sqliteCodes.tooBig;
}

/** After an I/O error a handle is not to be trusted: what a failed fsync left unwritten it may believe written. */
function discard(connection: Connection | undefined): undefined {
  try {
    connection?.db.close();
  } catch {
    // It is given up either way.
  }
}

const pause = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

if (parentPort !== null) serve(parentPort, workerData);
