import { resolve } from "node:path";
import type { Kit } from "../cells/cell.ts";
import { find, load } from "../loader.ts";
import { loadJudges } from "../spec.ts";
import { loadSubject } from "../subject.ts";
import { runMutations } from "./run.ts";

/** Plants every mistake, prints those that nobody caught, and gives how many were caught and missed. */
export async function plantAll(
  root: string,
  specs: string,
  seed: number,
  print: (line: string) => void,
): Promise<{ readonly caught: number; readonly missed: number }> {
  const exchanges = find(resolve(root, "test/fixtures"), true).flatMap(load);
  const kit: Kit = { subject: await loadSubject(root), judges: await loadJudges(specs), seed, cuts: 0 };
  const results = await runMutations(exchanges, kit);
  const missed = results.filter((one) => one.by === undefined);
  const caught = results.length - missed.length;
  print(`\nplanted mistakes (over the project's own ${exchanges.length} exchanges): ${caught} of ${results.length} caught`);
  for (const { id } of missed) print(`  NOT CAUGHT: ${id}`);
  return { caught, missed: missed.length };
}
