import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { casesOf } from "./cases.ts";
import { startFloor } from "./gateways/floor.ts";
import type { Gateway } from "./gateways/gateway.ts";
import { givenGateway } from "./gateways/given.ts";
import { type Polygate, startPolygate } from "./gateways/polygate.ts";
import { startPortkey } from "./gateways/portkey.ts";
import { ledgerRows } from "./ledger.ts";
import { LoadGenerator } from "./load/generator.ts";
import { runMemory } from "./memory.ts";
import { type Options, readOptions, UsageError } from "./options.ts";
import { Processes } from "./processes.ts";
import { printCase, printLedger, printMachine, printMemory } from "./report.ts";
import { measure } from "./rounds.ts";
import { startUpstreams } from "./upstreams/start.ts";
import { Verdicts } from "./verdicts.ts";

const peersFolder = fileURLToPath(new URL("../.bench", import.meta.url));

async function bench(options: Options, folder: string, processes: Processes, load: LoadGenerator): Promise<Verdicts> {
  const verdicts = new Verdicts();
  const upstreams = await startUpstreams({ processes, folder, ports: options.ports });
  printMachine(upstreams.description);
  const context = { processes, upstreams, folder, profile: options.profile };
  const wanted = (name: string): boolean => options.gateways.includes(name);

  const floor = wanted("floor") ? [await startFloor({ ...context, folder: join(peersFolder, "floor") })] : [];
  const polygate = wanted("polygate")
    ? await startPolygate(context).catch((error: unknown) => void console.log(String(error)))
    : undefined;
  if (wanted("polygate")) verdicts.say(polygate !== undefined, "polygate: starts");
  const portkey = wanted("portkey") ? await startPortkey({ ...context, folder: peersFolder }) : undefined;
  if (portkey === undefined) console.log(`  skip  portkey: ${wanted("portkey") ? "could not be installed" : "not asked for"}`);
  const others = [...(portkey === undefined ? [] : [portkey]), ...options.given.map(givenGateway)];
  const gateways: readonly Gateway[] = [...floor, ...(polygate === undefined ? [] : [polygate]), ...others];

  let sent = 0;
  for (const group of options.groups) {
    if (group === "memory") {
      const gateway = polygate ?? gateways[0];
      if (gateway === undefined) continue;
      printMemory(gateway.name, await runMemory(gateway, load, options.memoryCalls), verdicts);
      sent += options.memoryCalls;
      continue;
    }
    for (const subject of casesOf(group, options.quick ? 0.1 : 1)) {
      const results = await measure(subject, gateways, load, options.rounds);
      printCase(subject, results, verdicts);
      sent += results.reduce(
        (sum, result) => sum + ("requests" in result && result.gateway === polygate ? result.requests : 0),
        0,
      );
    }
  }
  if (polygate !== undefined) await judgeLedger(polygate, sent, verdicts);
  return verdicts;
}

async function judgeLedger(polygate: Polygate, sent: number, verdicts: Verdicts): Promise<void> {
  const code = await polygate.process.stop();
  verdicts.say(code === 0, `polygate: ends cleanly when asked to (exit code ${code})`);
  printLedger(ledgerRows(polygate.dataDir), sent, verdicts);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), "polygate-bench-"));
  const processes = new Processes(folder);
  const load = new LoadGenerator();
  const stop = async (): Promise<void> => {
    await Promise.all([processes.stopAll(), load.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("SIGINT", () => stop().then(() => process.exit(130)));
  try {
    const { passed, failed } = await bench(options, folder, processes, load);
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 2;
}
