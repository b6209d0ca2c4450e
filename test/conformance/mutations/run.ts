import type { Kit } from "../cells/cell.ts";
import { cellNames } from "../cells/index.ts";
import { judge } from "../judge.ts";
import type { Exchange } from "../loader.ts";
import { planted } from "./planted.ts";

export interface Caught {
  readonly id: string;
  /** The cell and exchange that saw it; undefined where none did. */
  readonly by: string | undefined;
}

/** Plants each mistake and runs the cells until one that was green turns red. */
export async function runMutations(exchanges: readonly Exchange[], kit: Kit): Promise<readonly Caught[]> {
  const known = new Set<string>();
  for await (const red of failures(exchanges, kit)) known.add(red);
  const out: Caught[] = [];
  for (const { id, mutation, bySpecification, wire } of planted) {
    if (bySpecification && !kit.judges) continue;
    if (wire && !kit.subject.wires[wire]) continue;
    let by: string | undefined;
    for await (const red of failures(exchanges, { ...kit, subject: mutation(kit.subject) })) {
      if (known.has(red)) continue;
      by = red;
      break;
    }
    out.push({ id, by });
  }
  return out;
}

async function* failures(exchanges: readonly Exchange[], kit: Kit): AsyncGenerator<string> {
  for (const cell of cellNames) {
    for (const exchange of exchanges) {
      if (!kit.subject.wires[exchange.wire]) continue;
      for (const { target, diffs } of await judge(exchange, cell, kit))
        if (diffs.length > 0) yield `${cell} of ${exchange.wire} ${exchange.id}${target ? ` to ${target}` : ""}`;
    }
  }
}
