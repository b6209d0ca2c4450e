import { columns as allColumns } from "./cells/index.ts";
import type { Verdict } from "./judge.ts";
import { wireNames } from "./loader.ts";
import { LIMIT, rules } from "./rules.ts";

type Print = (line: string) => void;

const percent = (part: number, whole: number): string => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`);

/** One table per wire: provider × cell → passed/total. */
export function printTables(verdicts: readonly Verdict[], print: Print): void {
  for (const wire of [...new Set(verdicts.map((verdict) => verdict.wire))].sort()) {
    const own = verdicts.filter((verdict) => verdict.wire === wire);
    const columns = allColumns.filter((cell) => own.some((verdict) => verdict.cell === cell));
    const rows = [...new Set(own.map((verdict) => verdict.provider))].sort();
    const table = [
      [wire, ...columns],
      ...rows.map((row) => [
        row,
        ...columns.map((name) => tally(own.filter((one) => one.provider === row && one.cell === name))),
      ]),
      ["all", ...columns.map((name) => tally(own.filter((one) => one.cell === name)))],
    ];
    printTable(table, print);
  }
}

/** From each wire to each: replies, and requests. */
export function printMatrix(verdicts: readonly Verdict[], print: Print): void {
  const matrices = [
    ["replies", new Set<string>(["translate-other", "translate-same"])],
    ["requests", new Set<string>(["translate-requests"])],
  ] as const;
  for (const [what, names] of matrices) {
    const own = verdicts.filter(({ cell, target }) => target !== undefined && names.has(cell));
    const wires = wireNames.filter((wire) => own.some((verdict) => verdict.wire === wire));
    if (wires.length === 0) continue;
    const table = [
      [`${what}, from ↓ to →`, ...wires],
      ...wires.map((wire) => [
        wire,
        ...wires.map((target) => tally(own.filter((one) => one.wire === wire && one.target === target))),
      ]),
    ];
    printTable(table, print);
  }
}

function printTable(table: readonly (readonly string[])[], print: Print): void {
  const widths = table[0]?.map((_, at) => Math.max(...table.map((line) => line[at]?.length ?? 0))) ?? [];
  print("");
  for (const line of table)
    print(
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

function tally(list: readonly Verdict[]): string {
  const passed = list.filter((verdict) => verdict.diffs.length === 0).length;
  return list.length === 0 ? "" : `${passed}/${list.length}${passed === list.length ? "" : ` ${percent(passed, list.length)}`}`;
}

/** Failures grouped by what differs, most common first. */
export function failureLines(verdicts: readonly Verdict[], examples: number): string[] {
  const groups = new Map<string, { verdict: Verdict; line: string }[]>();
  for (const verdict of verdicts) {
    const first = verdict.diffs[0];
    if (!first) continue;
    const line = `${first.check}: expected ${first.expected} got ${first.actual}${verdict.diffs.length > 1 ? ` (+${verdict.diffs.length - 1})` : ""}`;
    const group = `${verdict.cell} ${verdict.wire}${verdict.target ? ` → ${verdict.target}` : ""} ${first.check} ${/spec|order|threw|strict|legal/.test(first.check) ? first.actual.replace(/\d+/g, "N").slice(0, 90) : ""}`;
    groups.set(group, [...(groups.get(group) ?? []), { verdict, line }]);
  }
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .flatMap(([group, list]) => [
      `${list.length} × ${group}`,
      ...list
        .slice(0, examples)
        .map(({ verdict, line }) => `    ${verdict.cell} ${verdict.provider} ${verdict.id}\n        ${line}`),
    ]);
}

/** Prints each rule with its hits and gives how many excuse too much or nothing. */
export function printRules(verdicts: readonly Verdict[], complete: boolean, print: Print): number {
  let red = 0;
  if (rules.length > 0) print("\nrules (differences that are right as they are):");
  for (const rule of rules) {
    const cases = verdicts.filter((verdict) => verdict.cell === rule.cell);
    const hits = cases.filter((verdict) => verdict.rules.includes(rule.id)).length;
    const broad = complete && hits > cases.length * LIMIT;
    if (broad) red++;
    print(
      `  ${rule.id} (${rule.cell}): ${hits} of ${cases.length}, ${percent(hits, cases.length)}${broad ? "  TOO BROAD" : ""} – ${rule.reason}`,
    );
  }
  return red;
}
