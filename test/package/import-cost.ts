import assert from "node:assert/strict";
import { test } from "node:test";
import { type Installed, must, run } from "./installed.ts";

/** Milliseconds of CPU and wall time that `source` takes in a fresh process, of seven the median. `source` is an expression to await. */
function median(project: string, source: string): { readonly wall: number; readonly cpu: number } {
  const script = `const c=process.cpuUsage(),t=performance.now();(async()=>{await(${source});const w=performance.now()-t,d=process.cpuUsage(c);console.log(JSON.stringify([w,(d.user+d.system)/1000]));process.exit()})()`;
  const seen = Array.from({ length: 7 }, (): [number, number] =>
    JSON.parse(must(run(process.execPath, ["-e", script], { cwd: project })).stdout),
  );
  const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[3] ?? Number.NaN;
  return { wall: middle(seen.map(([wall]) => wall)), cpu: middle(seen.map(([, cpu]) => cpu)) };
}

/** #48: who imports the library pays for it when a gateway is made, not before. */
export function importCost({ project }: Installed): void {
  test("#48 importing the library takes under 100 ms; making a gateway loads the rest", (t) => {
    const bare = median(project, 'import("node:fs")');
    const imported = median(project, 'import("polygate")');
    const made = median(project, 'import("polygate").then((m) => m.createGateway({ dataDir: false, env: {} }))');
    t.diagnostic(
      `#48 import: ${imported.wall.toFixed(1)} ms (${imported.cpu.toFixed(1)} ms CPU; a bare import ${bare.wall.toFixed(1)}); a gateway made: ${made.wall.toFixed(0)} ms (${made.cpu.toFixed(0)} ms CPU); medians of 7 fresh processes`,
    );
    assert.ok(imported.cpu < 50, `${imported.cpu} ms of CPU`);
    assert.ok(imported.wall < 100, `${imported.wall} ms`);
    // A machine that is busy is slow in both; what is loaded early shows in the ratio.
    assert.ok(
      imported.cpu < made.cpu / 3,
      `${imported.cpu} of ${made.cpu} ms of CPU: the import loads what only a gateway needs`,
    );
  });
}
