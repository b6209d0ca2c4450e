import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type CellName, cellNames } from "./cells/index.ts";
import { find, wireOf } from "./loader.ts";
import { plantAll } from "./mutations/main.ts";
import { operationVerdicts } from "./operations/index.ts";
import { failureLines, printMatrix, printRules, printTables } from "./report.ts";
import { runAll } from "./run.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { values } = parseArgs({
  options: {
    wire: { type: "string" },
    provider: { type: "string" },
    cell: { type: "string" },
    id: { type: "string" },
    seed: { type: "string" },
    cuts: { type: "string" },
    verbose: { type: "boolean" },
    mutations: { type: "boolean" },
  },
});

const say = (line: string): void => console.log(line);
const began = performance.now();
const recordings = resolve(root, process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open");
const specs = resolve(root, process.env["POLYGATE_SPECS"] ?? "../shared/specs");
const ci = process.env["CI"] === "true";
const seed = Number(values.seed ?? 20_261_120);

let missing = 0;
let skipped = 0;
for (const [what, variable, path] of [
  ["recordings", "POLYGATE_RECORDINGS", recordings],
  ["specifications", "POLYGATE_SPECS", specs],
] as const) {
  if (existsSync(path)) continue;
  say(`${ci ? "FAIL" : "skip"} ${what}: not found at ${path}; set ${variable} to where they are`);
  if (ci) missing++;
  else skipped++;
}

const wanted = (slot: { readonly provider: string; readonly api: string }): boolean =>
  (values.wire === undefined || wireOf(slot.provider, slot.api) === values.wire) &&
  (values.provider === undefined || slot.provider === values.provider);
const cells: readonly CellName[] =
  values.cell === undefined ? cellNames : cellNames.filter((name) => name.startsWith(values.cell ?? ""));
const roots = [
  { path: resolve(root, "test/fixtures"), own: true },
  { path: recordings, own: false },
];
const slots = roots.flatMap(({ path, own }) => find(path, own)).filter(wanted);
say(`conformance: ${slots.length} recorded exchanges, cells ${cells.join(", ")}, seed ${seed}`);

const planting = values.mutations === true;
const small = (cell: string): boolean => !planting && (values.cell === undefined || cell.startsWith(values.cell));
const verdicts = planting
  ? []
  : [
      ...(await runAll(slots, { root, specs, seed, cuts: Number(values.cuts ?? 48), cells, id: values.id })),
      ...(await operationVerdicts(roots, specs, ({ operation, wire, provider, id }) => {
        const named = values.wire === undefined || wire.name === values.wire;
        const one = (values.provider ?? provider) === provider && id.includes(values.id ?? "");
        return small(operation === "embed" ? "embed" : "count") && named && one;
      })),
    ];
printTables(verdicts, say);
printMatrix(verdicts, say);
const red = printRules(verdicts, values.id === undefined && values.provider === undefined, say);
const failed = verdicts.filter((verdict) => verdict.diffs.length > 0);
if (failed.length > 0) {
  say("\nfailures, most common first:");
  for (const line of failureLines(failed, values.verbose ? 1000 : 3)) say(line);
}
const whole = Object.keys(values).length === 0;
const mutants = planting || whole ? await plantAll(root, specs, seed, say) : { caught: 0, missed: 0 };
const failures = failed.length + red + missing + mutants.missed;
say(`\n${((performance.now() - began) / 1000).toFixed(1)} s`);
say(`${verdicts.length - failed.length + mutants.caught} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failures > 0 ? 1 : 0;
