import { soak } from "./soak.ts";

/* `npm run soak`: R26 in full size, about half an hour. `POLYGATE_SOAK_CALLS` makes it shorter. */

const calls = Number(process.env["POLYGATE_SOAK_CALLS"] ?? 1_000_000);
const { outcomes, slope, first, last, filesBefore, filesAfter, leftOver, rows, attempts } = await soak(
  { calls, looks: 40 },
  (line) => console.log(line),
);
console.log(JSON.stringify(outcomes));
const verdicts: readonly (readonly [string, string, boolean])[] = [
  ["heap growth", `${slope.toFixed(2)} MB per 100,000 calls (at most 1)`, slope <= 1],
  [
    "latency, last third over first",
    `p50 ${first[0].toFixed(1)} → ${last[0].toFixed(1)} ms (at most 1.2x)`,
    last[0] <= first[0] * 1.2,
  ],
  ["open files", `${filesBefore} → ${filesAfter}`, filesBefore === filesAfter],
  ["timers and sockets left over", leftOver.join(", ") || "none", leftOver.length === 0],
  ["ledger", `${rows} rows, ${attempts} attempts seen by the provider`, rows >= attempts],
];
for (const [what, figure, holds] of verdicts) console.log(`${holds ? "ok  " : "FAIL"} ${what}: ${figure}`);
const failed = verdicts.filter(([, , holds]) => !holds).length;
console.log(`${verdicts.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
