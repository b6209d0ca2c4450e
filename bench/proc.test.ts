import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { cpuMicros, listenerOf, rssMb } from "./proc.ts";

const burn = `const until = process.cpuUsage().user + 200_000; while (process.cpuUsage().user < until);`;

test("CPU time holds that of threads, of children, and of children that have ended", async () => {
  const program = `
    const { Worker } = require("node:worker_threads");
    const { spawn, spawnSync } = require("node:child_process");
    spawnSync(process.execPath, ["-e", ${JSON.stringify(burn)}]);
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(`${burn} console.log("burnt"); process.stdin.resume();`)}], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdout.once("data", () => {
      new Worker(${JSON.stringify(burn)}, { eval: true }).once("exit", () => { console.log("burnt"); });
    });
    process.stdin.resume();
    process.stdin.on("end", () => child.stdin.end());
  `;
  const root = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  await once(root.stdout, "data");
  const used = cpuMicros(root.pid ?? 0);
  root.stdin.end();
  await once(root, "exit");
  assert.ok(used >= 550_000, `three times 200 ms were used, ${used} µs seen`);
});

test("resident memory is in millions of bytes", () => {
  const ours = process.memoryUsage().rss / 1e6;
  const seen = rssMb(process.pid);
  assert.ok(Math.abs(seen - ours) < 0.2 * ours + 20, `${seen} MB seen, ${ours} MB is what Node says`);
});

test("a listener is found by its port", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  assert.equal(listenerOf(address.port), process.pid);
  server.close();
  await once(server, "close");
  assert.equal(listenerOf(address.port), undefined);
});
