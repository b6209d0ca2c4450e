import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { ask, chat, eventually, gateway, secret, simulator, yaml } from "./kit.ts";

/* R29: what can go wrong with a process. */

const limit = { timeout: 120_000 };
const call = (address: string, content = "hello") => ask(`${address}/v1/chat/completions`, { key: secret, body: chat(content) });
/** Loaded into the gateway before anything else: does there what a fault of the program, or of a library, would do. */
const planted = ["--import", join(import.meta.dirname, "plant-faults.ts")];

test("R29 what is thrown where nobody catches it fails its own call and no other", limit, async (t) => {
  const upstream = await simulator();
  const { program, address, adminKey } = await gateway(yaml(upstream), { node: planted, env: { PLANT_FAULTS: "1" } });
  const kinds = ["timer", "rejection", "listener", "nothing", "timer", "rejection", "nothing"];
  const answers = await Promise.all(
    Array.from({ length: 70 }, async (_, n) => {
      const kind = kinds[n % kinds.length] ?? "";
      const began = performance.now();
      const answer = await call(address, `fault-${kind}`).catch((thrown: unknown) => String(thrown));
      return { kind, answer, ms: performance.now() - began };
    }),
  );
  let failed = 0;
  for (const { kind, answer, ms } of answers) {
    if (kind === "nothing") {
      assert.ok(typeof answer !== "string" && answer.status === 200, JSON.stringify(answer));
      continue;
    }
    failed++;
    assert.ok(ms < 5000, `${kind}: ${ms}`);
    assert.ok(typeof answer !== "string", `${kind}: ${JSON.stringify(answer)}`);
    assert.equal(answer.status, 500, kind);
    assert.match(answer.text, /The gateway failed while handling this call/);
    assert.doesNotMatch(answer.text, /planted/);
  }
  assert.equal((await call(address)).status, 200);
  assert.equal(program.child.exitCode, null);
  await program.until(/planted/);
  const metrics = await ask(`${address}/metrics`, { key: adminKey() });
  assert.equal(Number(/^polygate_uncaught_total (\d+)/m.exec(metrics.text)?.[1]), failed);
  t.diagnostic(`R29: ${answers.length} calls, ${failed} with a fault nobody caught, the others answered, no exit`);
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
});

test("R29 a broken invariant ends the process with 70, the books written", limit, async () => {
  const upstream = await simulator();
  const { program, cwd, address } = await gateway(yaml(upstream), { node: planted, env: { PLANT_FAULTS: "1" } });
  for (let n = 0; n < 20; n++) await call(address);
  await call(address, "fault-invariant").catch(() => {});
  assert.equal(await program.ended(), 70);
  assert.match(program.text, /invariant_broken.*two and two are five/);
  // The call that met it may be among them.
  assert.ok([20, 21].includes(rows(cwd)));
});

test("R29 a writer of the ledger that dies is started anew, and no row is lost", limit, async (t) => {
  const upstream = await simulator();
  const { program, cwd, address } = await gateway(yaml(upstream), { node: planted, env: { PLANT_FAULTS: "1" } });
  for (let n = 0; n < 10; n++) await call(address);
  await call(address, "fault-writer");
  await program.until(/writer died/);
  for (let n = 0; n < 10; n++) assert.equal((await call(address)).status, 200);
  assert.equal((await ask(`${address}/readyz`)).status, 200);
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
  t.diagnostic(`R29: ${rows(cwd)} rows after 21 calls and the death of their writer`);
  assert.equal(rows(cwd), 21);
});

test("R29 without file descriptors new callers are refused or wait; it recovers", limit, async (t) => {
  const upstream = await simulator();
  const { program, address } = await gateway(yaml(upstream), { shell: "ulimit -n 64" });
  assert.equal((await call(address)).status, 200);
  const { port } = new URL(address);
  const sockets = Array.from({ length: 150 }, () => connect(Number(port), "127.0.0.1").on("error", () => {}));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const crowded = await Promise.race([
    call(address).then(
      ({ status }) => String(status),
      () => "refused",
    ),
    new Promise<string>((resolve) => void setTimeout(resolve, 1000, "waiting")),
  ]);
  assert.equal(program.child.exitCode, null, program.text);
  for (const socket of sockets) socket.destroy();
  const took = await eventually(15_000, "calls again", async () => (await call(address).catch(() => undefined))?.status === 200);
  t.diagnostic(`R29: with 64 descriptors and 150 connections a call was ${crowded}; served again after ${Math.round(took)} ms`);
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
});

test("R29 nobody reads its output, or nobody can: calls are served all the same", limit, async (t) => {
  const upstream = await simulator();
  const loud = yaml(upstream, "log: { level: debug, calls: info }");
  const closed = await gateway(loud);
  closed.program.child.stderr?.destroy();
  closed.program.child.stdout?.destroy();
  for (let n = 0; n < 200; n++) assert.equal((await call(closed.address)).status, 200);
  closed.program.child.kill("SIGTERM");
  assert.equal(await closed.program.ended(), 0);
  const blocked = await gateway(loud);
  blocked.program.child.stderr?.pause();
  const began = performance.now();
  for (let n = 0; n < 2000; n++) assert.equal((await call(blocked.address)).status, 200);
  const ms = performance.now() - began;
  t.diagnostic(`R29: 200 calls with output closed, 2000 with stderr blocked in ${Math.round(ms)} ms`);
  blocked.program.child.kill("SIGKILL");
  await blocked.program.ended();
});

test("R29 without memory it ends with a code its supervisor starts it again for, and the books are whole", limit, async (t) => {
  const upstream = await simulator();
  const { program, cwd, address } = await gateway(yaml(upstream), {
    node: ["--max-old-space-size=60", ...planted],
    env: { PLANT_FAULTS: "1" },
  });
  for (let n = 0; n < 20; n++) await call(address);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await call(address, "fault-memory").catch(() => {});
  const how = await program.ended();
  assert.ok(how === "SIGABRT" || how === 134, String(how));
  assert.equal(rows(cwd), 20);
  const again = spawnSync(process.execPath, [join(import.meta.dirname, "../../../bin/polygate.js"), "usage", "--json"], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: cwd },
  });
  assert.equal(again.status, 0, String(again.stderr));
  t.diagnostic(`R29: out of memory ends it with ${how}; 20 of 20 rows`);
});

function rows(cwd: string): number {
  closeSync(openSync(join(cwd, "data", "ledger.sqlite"), "r"));
  const db = new DatabaseSync(join(cwd, "data", "ledger.sqlite"), { readOnly: true });
  try {
    assert.equal(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
    return Number(db.prepare("SELECT count(*) AS n FROM entries").get()?.["n"]);
  } finally {
    db.close();
  }
}
