import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ledgerFile } from "../open.ts";

function start(script: URL, ...args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Locks the ledger's database from another process. `release` resolves once the lock is given back. */
export async function lockFromOutside(dataDir: string): Promise<{ release(): Promise<void> }> {
  const child = start(new URL("./lock-child.ts", import.meta.url), ledgerFile(dataDir));
  await once(child.stdout, "data");
  return {
    async release() {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
}

/** Books attempts in another process, beginning at `first`, and kills it once it has said `lines` times how many are durable. */
export async function bookUntilKilled(dataDir: string, first: number, lines: number): Promise<number> {
  const child = start(new URL("./load-child.ts", import.meta.url), dataDir, String(first));
  const exited = once(child, "exit");
  let durable = first;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    durable = Number(line);
    if (++seen === lines) child.kill("SIGKILL");
  }
  await exited;
  return durable - first;
}
