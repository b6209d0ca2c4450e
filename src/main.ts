import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "./canonical/json.ts";
import type { Ports, Prepared } from "./cli/ports.ts";
import { runCli } from "./cli/program.ts";
import type { Config } from "./config/config.ts";
import { keyVariables, knownNames, resolveProviders } from "./providers/index.ts";
import { serve } from "./server.ts";
import { systemClock } from "./transport/clock.ts";
import { HttpTransport, readAll } from "./transport/http-transport.ts";

/** Runs the command line in this process and ends it. `argv` is without Node and the program's name. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    process.exit(await runCli(argv, processPorts()));
  } catch (thrown) {
    // Whatever arrives here was not foreseen: the operator needs the stack.
    process.stderr.write(
      `polygate: this should not have happened; please report it.\n${thrown instanceof Error ? thrown.stack : thrown}\n`,
    );
    process.exit(70);
  }
}

function processPorts(): Ports {
  return {
    version: version(),
    env: process.env,
    cwd: process.cwd(),
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    readFile,
    getJson,
    wall: systemClock.wall,
    now: systemClock.now,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
    onStop,
    known: knownNames,
    keyVariables,
    prepare,
  };
}

function prepare(config: Config, onTrouble: (message: string) => void): Prepared {
  const providers = resolveProviders(config.providers, config.environment);
  return {
    providers: [...providers.values()],
    async serve() {
      const { address, gateway, close } = await serve({ config, providers, onTrouble });
      return { address, listModels: () => gateway.listModels(), close };
    },
  };
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
}

async function getJson(url: string, timeoutMs: number): Promise<Json | undefined> {
  const { origin, pathname } = new URL(url);
  const transport = new HttpTransport({ clock: systemClock });
  const timeouts = { connectMs: timeoutMs, firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const reply = await transport.send({
      origin,
      path: pathname,
      method: "GET",
      headers: { accept: "application/json" },
      signal,
      timeouts,
    });
    return JSON.parse(Buffer.from(await readAll(reply.body, 1024 * 1024)).toString("utf8"));
  } catch {
    return undefined;
  } finally {
    await transport.close();
  }
}

function onStop(listener: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}
