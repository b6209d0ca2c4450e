import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { casesOf, isPair, isSpeedGroup } from "./cases.ts";
import { startFloor } from "./gateways/floor.ts";
import type { Gateway } from "./gateways/gateway.ts";
import { givenGateway } from "./gateways/given.ts";
import { type Polygate, startPolygate, variants } from "./gateways/polygate.ts";
import { startPortkey } from "./gateways/portkey.ts";
import { ledgerRows } from "./ledger.ts";
import { LoadGenerator } from "./load/generator.ts";
import { runMemory } from "./memory.ts";
import { type Options, readOptions, UsageError } from "./options.ts";
import { Processes, type Running } from "./processes.ts";
import { printCase, printLedger, printMachine, printMemory } from "./report.ts";
import { measure } from "./rounds.ts";
import { startUpstreams, type Upstreams } from "./upstreams/start.ts";
import { Verdicts } from "./verdicts.ts";

const peersFolder = fileURLToPath(new URL("../.bench", import.meta.url));

interface Context {
  readonly options: Options;
  readonly folder: string;
  readonly processes: Processes;
  readonly load: LoadGenerator;
  readonly upstreams: Upstreams;
  readonly verdicts: Verdicts;
}

async function speed(context: Context): Promise<void> {
  const { options, load, verdicts } = context;
  const cases = options.groups
    .filter(isSpeedGroup)
    .flatMap((group) => casesOf(group, options.quick ? 0.1 : 1))
    .filter(({ name }) => name.includes(options.match));
  if (cases.length === 0) return;
  const wanted = (name: string): boolean => options.gateways.includes(name);
  const polygate = await ours(context, "speed");
  const { json, stream, wires } = context.upstreams;
  const behind = (upstream: Running): string => `http://127.0.0.1:${upstream.port}`;
  const floorOf = async (name: string, whole: Running, streamed: Running): Promise<readonly Gateway[]> =>
    wanted("floor")
      ? [await startFloor({ ...context, json: behind(whole), stream: behind(streamed), folder: join(peersFolder, name) })]
      : [];
  const one = polygate === undefined ? [] : [polygate];
  const plain = cases.some((subject) => !isPair(subject));
  const portkey = plain && wanted("portkey") ? await startPortkey({ ...context, folder: peersFolder }) : undefined;
  if (plain && portkey === undefined)
    console.log(`  skip  portkey: ${wanted("portkey") ? "could not be installed" : "not asked for"}`);
  const guarded: Polygate[] = [];
  for (const variant of variants.filter(wanted)) {
    const folder = join(context.folder, variant);
    guarded.push(await startPolygate({ ...context, folder, profile: undefined, variant }));
  }
  const others = [...guarded, ...(portkey === undefined ? [] : [portkey]), ...options.given.map(givenGateway)];
  const gateways: readonly Gateway[] = plain ? [...(await floorOf("floor", json, stream)), ...one, ...others] : [];
  const ofPairs = cases.some(isPair) ? [...(await floorOf("floor-pairs", wires, wires)), ...one] : [];
  let sent = 0;
  for (const subject of cases) {
    const results = await measure(subject, isPair(subject) ? ofPairs : gateways, load, options.rounds);
    printCase(subject, results, verdicts);
    for (const result of results) if ("requests" in result && result.gateway === polygate) sent += result.requests;
  }
  if (polygate !== undefined) await judgeLedger(polygate, sent, verdicts);
}

/** A process of its own, so that nothing the other cases have left behind is counted, or hides growth. */
async function memory(context: Context): Promise<void> {
  const { options, load, verdicts } = context;
  if (!options.groups.includes("memory")) return;
  const polygate = await ours(context, "memory");
  if (polygate === undefined) return;
  printMemory(polygate.name, await runMemory(polygate, load, options.memoryCalls), verdicts);
  await judgeLedger(polygate, options.memoryCalls, verdicts);
}

async function ours(context: Context, name: string): Promise<Polygate | undefined> {
  const { options, verdicts, folder } = context;
  if (!options.gateways.includes("polygate")) return undefined;
  const polygate = await startPolygate({ ...context, folder: join(folder, name), profile: options.profile }).catch(
    (error: unknown) => void console.log(String(error)),
  );
  verdicts.say(polygate !== undefined, "polygate: starts");
  return polygate;
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
    const upstreams = await startUpstreams({ processes, folder, ports: options.ports });
    printMachine(upstreams.description);
    const verdicts = new Verdicts();
    const context = { options, folder, processes, load, upstreams, verdicts };
    await memory(context);
    await speed(context);
    console.log(`\n${verdicts.passed} passed, ${verdicts.failed} failed`);
    return verdicts.failed === 0 ? 0 : 1;
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
