import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "./canonical/json.ts";
import type { Engine, Ports } from "./cli/ports.ts";
import { runCli } from "./cli/program.ts";
import type { Config } from "./config/config.ts";
import { present, systemFiles } from "./machine/files.ts";
import { readLines } from "./machine/lines.ts";
import { Output } from "./machine/output.ts";
import { readStdin, systemTerminal } from "./machine/terminal.ts";
import { exitCodes } from "./process/exit-codes.ts";
import { systemClock } from "./transport/clock.ts";

/** Runs the command line in this process and ends it. `argv` is without Node and the program's name. */
export async function main(argv: readonly string[]): Promise<void> {
  // Set by a supervisor for the workers it starts: see process/.
  if (process.env["POLYGATE_WORKER"] !== undefined && process.send !== undefined) {
    (await import("./process/worker.ts")).workerMain();
    return;
  }
  const output = new Output();
  try {
    const code = await runCli(argv, processPorts(output));
    await output.drained();
    const unwritten = code === 0 && output.lost !== undefined && output.lost !== "EPIPE";
    if (unwritten) output.write(`polygate: standard output could not be written (${output.lost}).\n`, "err");
    process.exit(unwritten ? exitCodes.failed : code);
  } catch (thrown) {
    // Whatever arrives here was not foreseen: the operator needs the stack.
    process.stderr.write(
      `polygate: this should not have happened; please report it.\n${thrown instanceof Error ? thrown.stack : thrown}\n`,
    );
    process.exit(exitCodes.broken);
  }
}

function processPorts(output: Output): Ports {
  return {
    version: version(),
    nodeVersion: process.versions.node,
    env: process.env,
    cwd: process.cwd(),
    terminal: systemTerminal(),
    out: (line) => output.write(`${line}\n`, "out"),
    err: (line) => output.write(`${line}\n`, "err"),
    write: (text, to) => output.write(text, to),
    onOutputLost: (listener) => output.onLost(listener),
    stdin: readStdin,
    readLines,
    readFile: (path) => present(() => readFileSync(path, "utf8")),
    files: systemFiles,
    http: async (request) => (await import("./machine/http.ts")).sendHttp(request),
    getJson,
    wall: systemClock.wall,
    now: systemClock.now,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
    onStop,
    engine,
  };
}

/** Only the commands that need the gateway's machinery pay for loading it. */
async function engine(): Promise<Engine> {
  const { keyVariables, knownNames, resolveProviders } = await import("./providers/index.ts");
  return {
    known: knownNames,
    keyVariables,
    prepare(config, onTrouble) {
      const providers = resolveProviders(config.providers, config.environment);
      return {
        providers: [...providers.values()],
        async serve(source) {
          const resolve = (next: Config) => resolveProviders(next.providers, next.environment);
          const options = { config, providers, source, resolve, version: version() };
          const count = config.workers === "auto" ? availableParallelism() : config.workers;
          if (count > 1) return (await import("./process/supervisor.ts")).supervise({ ...options, count });
          return (await import("./process/serve-here.ts")).serveHere(options);
        },
        async open() {
          const { compose } = await import("./compose.ts");
          // Nobody could read its metrics: it has no route.
          const unmeasured = { ...config, observe: { ...config.observe, metrics: "off" as const } };
          return compose({ config: unmeasured, providers, onTrouble });
        },
        async probe(name, timeoutMs) {
          const found = providers.get(name);
          if (found === undefined) throw new Error(`There is no provider ${name}.`);
          const [{ probe }, { HttpTransport }, { EgressGuard }] = await Promise.all([
            import("./router/probe.ts"),
            import("./transport/http-transport.ts"),
            import("./providers/egress-guard.ts"),
          ]);
          const guard = new EgressGuard({ clock: systemClock, onRefused: () => {} });
          const { towardsProviders } = guard.waysOut({ providers, allow: config.egress.allow });
          const transport = new HttpTransport({ clock: systemClock, egress: guard.publicOnly });
          return probe(found, transport.under(towardsProviders), systemClock, timeoutMs).finally(() => transport.close());
        },
      };
    },
  };
}

async function getJson(url: string, timeoutMs: number): Promise<Json | undefined> {
  const [{ HttpTransport, readAll }, { EgressPolicy }] = await Promise.all([
    import("./transport/http-transport.ts"),
    import("./transport/egress.ts"),
  ]);
  const { origin, pathname } = new URL(url);
  // Asked for are the servers of this machine that we look for by ourselves.
  const policy = new EgressPolicy({ allow: [], named: [origin] });
  const transport = new HttpTransport({ clock: systemClock, egress: { policy: () => policy } });
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
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}
