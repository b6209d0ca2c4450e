import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ledgerFile } from "../../../src/ledger/open.ts";
import { startSimulator } from "../../../src/simulator/index.ts";
import { startStack } from "../stack.ts";
import { folder } from "./folder.ts";

/*
 * Two processes write one ledger: a server here, and a program that embeds the gateway and dies in the middle of it, several
 * times. The server's database must come to no harm, and every call that either was told to be booked is there once.
 */

const child = join(fileURLToPath(new URL(".", import.meta.url)), "embedding-child.ts");

interface Told {
  /** Ids that the child saw booked (`flush` resolved) before it was killed. */
  readonly booked: string[];
  readonly process: ChildProcess;
}

/** Runs the embedding program until it has booked `calls` calls, then kills it while more are under way. */
async function embedAndKill(dataDir: string, url: string, calls: number): Promise<Told> {
  const process_ = spawn(process.execPath, [child, dataDir, url], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"] },
  });
  const booked: string[] = [];
  const exited = once(process_, "exit");
  for await (const line of createInterface({ input: process_.stdout })) {
    booked.push(line);
    if (booked.length === calls) process_.kill("SIGKILL");
  }
  await exited;
  return { booked, process: process_ };
}

test("a program that embeds the gateway beside a server, and is killed, leaves the ledger whole and exact", {
  timeout: 60_000,
}, async (t) => {
  const stack = await startStack({ keys: false });
  const own = await startSimulator();
  const stop = new AbortController();
  try {
    const served: string[] = [];
    const serving = (async () => {
      while (!stop.signal.aborted) {
        const response = await fetch(`${stack.address}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ model: "oai/echo", messages: [{ role: "user", content: "hello" }] }),
        });
        await response.text();
        assert.equal(response.status, 200);
        served.push(response.headers.get("x-polygate-call-id") ?? "");
      }
    })();
    const booked: string[] = [];
    for (let round = 0; round < 3; round++) booked.push(...(await embedAndKill(stack.dataDir, own.url, 20)).booked);
    stop.abort();
    await serving;
    await stack.running.gateway.flush();
    assert.deepEqual(stack.troubles, []);
    const db = new DatabaseSync(ledgerFile(stack.dataDir), { readOnly: true });
    const ids = db.prepare("select call_id, count(*) as rows from entries group by call_id").all();
    const counted = new Map(ids.map((row) => [String(row["call_id"]), Number(row["rows"])]));
    assert.deepEqual(
      db
        .prepare("pragma integrity_check")
        .all()
        .map((row) => row["integrity_check"]),
      ["ok"],
    );
    db.close();
    for (const id of [...served, ...booked]) assert.equal(counted.get(id), 1, id);
    assert.ok(
      [...counted.values()].every((rows) => rows === 1),
      "no call is there twice",
    );
    // What was under way when a child was killed may be there or not: never more than it had begun.
    assert.ok(counted.size >= served.length + booked.length);
    assert.ok(counted.size <= served.length + own.journal.received);
    t.diagnostic(
      `${served.length} calls of the server and ${booked.length} of three programs killed by SIGKILL: each booked once; ${counted.size} rows; integrity ok`,
    );
  } finally {
    stop.abort();
    await own.close();
    await stack.close();
  }
});

test("an embedding program that is done ends by itself, its calls booked, though it closed nothing", {
  timeout: 30_000,
}, async () => {
  const dataDir = folder();
  const simulator = await startSimulator();
  try {
    const program = spawn(process.execPath, [child, dataDir, simulator.url, "once"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: process.env["PATH"] },
    });
    const [code]: unknown[] = await once(program, "exit");
    assert.equal(code, 0);
    const db = new DatabaseSync(ledgerFile(dataDir), { readOnly: true });
    assert.equal(db.prepare("select count(*) as rows from entries").get()?.["rows"], 1);
    db.close();
  } finally {
    await simulator.close();
  }
});
