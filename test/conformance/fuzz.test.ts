import assert from "node:assert/strict";
import { dirname, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type DamagedRun, draw, type Outcome, play } from "./damaged-run.ts";
import { type Exchange, find, load } from "./loader.ts";
import { loadSubject } from "./subject.ts";

/*
 * reliability.md R28: recorded streams, damaged, through the gateway's own stream classes. Whatever comes in: no crash, no hang,
 * one terminal, a served stream that is in order, and never long on the event loop.
 *
 * Every stream there is has its share of the runs. What a run does follows from the seed, its exchange's id and its round alone:
 * with more recordings each has fewer rounds, but none has others.
 */

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const runs = Number(process.env["POLYGATE_FUZZ_RUNS"] ?? 10_000);
/** The same for everybody; other seeds look further. */
const seed = Number(process.env["POLYGATE_FUZZ_SEED"] ?? 20_261_120);
/** Only exchanges whose id holds this: to repeat what failed. */
const only = process.env["POLYGATE_FUZZ_ID"] ?? "";
const MS_PER_64K = 50;
/** Of each kind of failure, as many runs are named. */
const SHOWN = 4;

const recordings = resolve(root, process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open");
const subject = await loadSubject(root);

function corpus(): readonly Exchange[] {
  return [...find(resolve(root, "test/fixtures"), true), ...find(recordings, false)]
    .flatMap(load)
    .filter((exchange) => subject.wires[exchange.wire] !== undefined)
    .filter((exchange) => exchange.stream !== undefined && exchange.stream.length < 65_536);
}

/** Never rejects: what is thrown is a fault. */
async function outcome(run: DamagedRun): Promise<Outcome> {
  try {
    return await play(subject, run);
  } catch (error) {
    const [first = "", ...rest] = (error instanceof Error ? (error.stack ?? error.message) : String(error)).split("\n");
    const where = rest.find((line) => line.includes("/src/"))?.replace(/^.*\/src\//, "src/");
    return { terminals: [], faults: [`threw ${first} ${where ?? ""}`], slowest: 0 };
  }
}

test(`R28: ${runs} damaged streams, seed ${seed}`, { timeout: 600_000 }, async (t) => {
  const all = corpus();
  assert.ok(all.length >= 12, "own fixtures are there");
  const streams = all.filter(({ id }) => id.includes(only));
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  const counts = new Map<string, number>();
  const failures = new Map<string, string[]>();
  let slowest = 0;
  const failed = (fault: string, example: string): void => {
    const same = failures.get(fault);
    if (same === undefined) failures.set(fault, [example]);
    else same.push(example);
  };
  try {
    const rounds = Math.ceil(runs / all.length);
    for (let nth = 0; nth < rounds * streams.length; nth++) {
      const round = Math.floor(nth / streams.length);
      const exchange = streams[nth % streams.length];
      assert.ok(exchange !== undefined);
      const run = draw(subject, exchange, round, seed);
      let result = await outcome(run);
      // Collecting garbage may fall into any one run: only a slowness that repeats is ours.
      for (let again = 0; again < 3 && result.slowest > MS_PER_64K; again++) result = await outcome(run);
      slowest = Math.max(slowest, result.slowest);
      const name = `${run.how} ${result.terminals[0] ?? "threw"}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const named = `round ${round}, ${exchange.id}`;
      if (result.slowest > MS_PER_64K) failed("long on the event loop", `${named}: ${result.slowest.toFixed(1)} ms`);
      for (const fault of result.faults) failed(`${run.how}: ${fault}`, named);
      if (only !== "" && result.faults.length > 0) t.diagnostic(`${named} ${run.how}\n${new TextDecoder().decode(run.bytes)}`);
    }
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  for (const [name, count] of [...counts].sort()) t.diagnostic(`${name}: ${count}`);
  t.diagnostic(`slowest read: ${slowest.toFixed(1)} ms per 64 KB; ${streams.length} streams`);
  assert.deepEqual(rejections, []);
  const told = [...failures].sort(([, a], [, b]) => b.length - a.length).map(describe);
  assert.ok(told.length === 0, `seed ${seed}; POLYGATE_FUZZ_ID=<id> shows the damaged stream\n${told.join("\n")}`);
});

const describe = ([fault, examples]: readonly [string, readonly string[]]): string =>
  [`${examples.length} × ${fault}`, ...examples.slice(0, SHOWN).map((one) => `    ${one}`)].join("\n");
