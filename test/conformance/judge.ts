import { type Kit, thrown } from "./cells/cell.ts";
import { type CellName, type Column, cells } from "./cells/index.ts";
import { type Diff, diff } from "./json.ts";
import type { Exchange } from "./loader.ts";
import { excuse } from "./rules.ts";

/** One exchange judged by one cell. */
export interface Verdict {
  readonly cell: Column;
  readonly wire: string;
  readonly provider: string;
  readonly id: string;
  readonly diffs: readonly Diff[];
  readonly rules: readonly string[];
  readonly ms: number;
}

export async function judge(exchange: Exchange, cell: CellName, kit: Kit): Promise<Verdict | undefined> {
  const began = performance.now();
  let diffs: readonly Diff[] | undefined;
  try {
    diffs = await cells[cell](exchange, kit);
  } catch (error) {
    const { code, message } = thrown(error);
    const at = error instanceof Error ? (error.stack?.split("\n").find((line) => line.includes("/src/")) ?? "") : "";
    diffs = [diff("threw", "no error", `${code}: ${message} ${at.replace(/^.*\/src\//, "src/").replace(/\)$/, "")}`)];
  }
  if (diffs === undefined) return undefined;
  const { left, used } = excuse(cell, exchange, diffs);
  const { wire, provider, id } = exchange;
  return { cell, wire, provider, id, diffs: left, rules: used, ms: performance.now() - began };
}
