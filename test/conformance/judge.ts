import { type Kit, thrown } from "./cells/cell.ts";
import { type CellName, type Column, cells } from "./cells/index.ts";
import { type Diff, diff } from "./json.ts";
import type { Exchange, WireName } from "./loader.ts";
import { excuse } from "./rules.ts";

/** One exchange judged by one cell. */
export interface Verdict {
  readonly cell: Column;
  readonly wire: string;
  /** The wire it was translated to. */
  readonly target?: WireName | undefined;
  readonly provider: string;
  readonly id: string;
  readonly diffs: readonly Diff[];
  readonly rules: readonly string[];
  readonly ms: number;
}

/** One verdict, or one for each wire that the cell translates to; none where the cell does not apply. */
export async function judge(exchange: Exchange, cell: CellName, kit: Kit): Promise<readonly Verdict[]> {
  const { targets } = cells[cell];
  if (targets === undefined) return verdict(exchange, cell, kit, undefined);
  const verdicts: Verdict[] = [];
  for (const target of targets(kit.subject, exchange.wire)) verdicts.push(...(await verdict(exchange, cell, kit, target)));
  return verdicts;
}

async function verdict(exchange: Exchange, cell: CellName, kit: Kit, target: WireName | undefined): Promise<readonly Verdict[]> {
  const began = performance.now();
  let diffs: readonly Diff[] | undefined;
  try {
    diffs = await cells[cell].run(exchange, kit, target ?? exchange.wire);
  } catch (error) {
    const { code, message } = thrown(error);
    const at = error instanceof Error ? (error.stack?.split("\n").find((line) => line.includes("/src/")) ?? "") : "";
    diffs = [diff("threw", "no error", `${code}: ${message} ${at.replace(/^.*\/src\//, "src/").replace(/\)$/, "")}`)];
  }
  if (diffs === undefined) return [];
  const { left, used } = excuse(cell, exchange, diffs);
  const { wire, provider, id } = exchange;
  return [{ cell, wire, target, provider, id, diffs: left, rules: used, ms: performance.now() - began }];
}
