import { thrown } from "../cells/cell.ts";
import { type Diff, diff } from "../json.ts";
import type { Verdict } from "../judge.ts";
import { find, type Slot } from "../loader.ts";
import { loadJudges } from "../spec.ts";
import { count } from "./count.ts";
import { embed } from "./embed.ts";
import { isSmall, loadSmall, type SmallExchange } from "./exchange.ts";

/** Embeddings and token counts: few recordings and whole answers only, so they are judged on the main thread. */
export async function operationVerdicts(
  roots: readonly { readonly path: string; readonly own: boolean }[],
  specs: string,
  wanted: (exchange: SmallExchange) => boolean,
): Promise<readonly Verdict[]> {
  const slots = roots.flatMap(({ path, own }): Slot[] => find(path, own, isSmall));
  const judges = await loadJudges(specs);
  const verdicts: Verdict[] = [];
  for (const slot of slots) {
    const exchange = loadSmall(slot);
    if (!exchange || !wanted(exchange)) continue;
    const began = performance.now();
    const cell = exchange.operation === "embed" ? "embed" : "count";
    let diffs: readonly Diff[] | undefined;
    try {
      diffs = await (cell === "embed" ? embed(exchange, judges) : count(exchange, judges));
    } catch (error) {
      const { code, message } = thrown(error);
      diffs = [diff("threw", "no error", `${code}: ${message}`)];
    }
    if (!diffs) continue;
    const { provider, id, wire } = exchange;
    verdicts.push({ cell, wire: wire.name, provider, id, diffs, rules: [], ms: performance.now() - began });
  }
  return verdicts;
}
