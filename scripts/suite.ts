import { existsSync, globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Counts, closingLine, print, readClosing, root, withoutClosing } from "./print.ts";
import { supervised } from "./supervised.ts";
import type { TestFiles } from "./test-files.ts";

/** No suite, and no test in it, can freeze the run: what takes longer, or is silent for longer than a test may take, is killed. */
const suiteMs = 480_000;
const testMs = 180_000;
const quietMs = 200_000;

/** How a suite ended. */
export interface Outcome extends Counts {
  readonly name: string;
  readonly ms: number;
}

/** Ends early, and failed, once the run is told to stop. */
export type Suite = (stopped: AbortSignal) => Promise<Outcome>;

/** Runs the suites one after the other, prints a line for each and the closing line, and sets the exit code. */
export async function runSuites(suites: readonly Suite[]): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  const all = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of suites) {
    if (stop.signal.aborted) break;
    const outcome = await suite(stop.signal);
    all.passed += outcome.passed;
    all.failed += outcome.failed;
    all.skipped += outcome.skipped;
    const mark = outcome.failed === 0 ? "ok  " : "FAIL";
    print(`${mark} ${outcome.name}: ${closingLine(outcome)} (${(outcome.ms / 1000).toFixed(1)} s)`);
  }
  // A run that did not get to its end has not passed.
  if (stop.signal.aborted) all.failed = Math.max(all.failed, 1);
  print("");
  print(closingLine(all));
  process.exit(all.failed === 0 ? 0 : 1);
}

/** A tool out of node_modules: one check, passed when it ends with 0. Its output is shown when it does not. */
export function tool(name: string, packageName: string, binary: string, args: readonly string[]): Suite {
  return async (stopped) => {
    const started = performance.now();
    const command = [binaryOf(packageName, binary), ...args];
    const { code, output, killed } = await supervised(command, { totalMs: suiteMs }, stopped, () => {});
    const passed = code === 0 && killed === undefined;
    if (!passed) print(output);
    if (killed !== undefined) print(`FAIL ${name} was killed: ${killed}`);
    return { name, passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, ms: performance.now() - started };
  };
}

/** A program of our own that closes with a line `N passed, N failed[, N skipped]`. Without that line it failed. */
export function program(name: string, file: string, args: readonly string[] = []): Suite {
  return (stopped) => counted(name, [join(root, file), ...args], { totalMs: suiteMs }, stopped);
}

/** Tests of node:test, by glob. No file found is a failure. `show` prints what the tests print. */
export function tests(
  name: string,
  globs: readonly string[],
  options: { readonly show?: boolean; readonly atOnce?: number } = {},
): Suite {
  return async (stopped) => {
    const files = globs.flatMap((glob) => globSync(glob, { cwd: root })).sort();
    if (files.length === 0) {
      print(`${name}: no file matches ${globs.join(", ")}`);
      return { name, passed: 0, failed: 1, skipped: 0, ms: 0 };
    }
    const { show = false, atOnce = availableParallelism() } = options;
    const wanted = JSON.stringify({ files, atOnce, testMs, show } satisfies TestFiles);
    return counted(name, [join(root, "scripts/test-files.ts"), wanted], { totalMs: suiteMs, quietMs }, stopped);
  };
}

async function counted(
  name: string,
  args: readonly string[],
  limits: Parameters<typeof supervised>[1],
  stopped: AbortSignal,
): Promise<Outcome> {
  const started = performance.now();
  // The closing line is printed once, for all suites together.
  const { code, output, killed } = await supervised(args, limits, stopped, (text) => process.stdout.write(withoutClosing(text)));
  if (killed !== undefined) print(`FAIL ${name} was killed: ${killed}`);
  const told = readClosing(output);
  const { passed, failed, skipped } = told ?? { passed: 0, failed: 0, skipped: 0 };
  // An exit code and a count that contradict each other are a failure, too.
  const broken = told === undefined || killed !== undefined || (code === 0) !== (failed === 0) || passed + failed + skipped === 0;
  return { name, passed, failed: broken ? Math.max(failed, 1) : failed, skipped, ms: performance.now() - started };
}

function binaryOf(packageName: string, binary: string): string {
  const home = join(root, "node_modules", packageName);
  const file = join(home, "package.json");
  if (!existsSync(file)) throw new Error(`${packageName} is not installed; run npm ci first.`);
  const { bin } = JSON.parse(readFileSync(file, "utf8"));
  return join(home, typeof bin === "string" ? bin : bin[binary]);
}
