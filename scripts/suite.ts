import { type SpawnOptions, spawn } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** How a suite ended. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
}

export type Suite = () => Promise<Outcome>;

/** Runs the suites one after the other, prints a line for each and the closing line, and sets the exit code. */
export async function runSuites(suites: readonly Suite[]): Promise<void> {
  let passed = 0;
  let failed = 0;
  for (const suite of suites) {
    const outcome = await suite();
    passed += outcome.passed;
    failed += outcome.failed;
    const mark = outcome.failed === 0 ? "ok  " : "FAIL";
    const skipped = outcome.skipped === 0 ? "" : `, ${outcome.skipped} skipped`;
    print(
      `${mark} ${outcome.name}: ${outcome.passed} passed, ${outcome.failed} failed${skipped} (${(outcome.ms / 1000).toFixed(1)} s)`,
    );
  }
  print("");
  print(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** A tool out of node_modules: one check, passed when it ends with 0. Its output is shown when it does not. */
export function tool(name: string, packageName: string, binary: string, args: readonly string[]): Suite {
  return async () => {
    const started = performance.now();
    const { code, output } = await start([binaryOf(packageName, binary), ...args], false);
    if (code !== 0) print(output);
    return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, ms: performance.now() - started };
  };
}

/** A program of our own that closes with a line `N passed, N failed`. Without that line it failed. */
export function program(name: string, file: string, args: readonly string[] = []): Suite {
  return async () => {
    const started = performance.now();
    const { code, output } = await start([join(root, file), ...args], true);
    const counts = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
    const passed = Number(counts?.[1] ?? 0);
    const failed = Number(counts?.[2] ?? 0);
    const ms = performance.now() - started;
    // An exit code and a count that contradict each other are a failure, too.
    const broken = counts === undefined || (code === 0) !== (failed === 0) || passed + failed === 0;
    return { name, passed, failed: broken ? Math.max(failed, 1) : failed, skipped: 0, ms };
  };
}

/** Tests of node:test, by glob. No file found is a failure. `show` prints what the tests print. */
export function tests(
  name: string,
  globs: readonly string[],
  options: { readonly show?: boolean; readonly atOnce?: number } = {},
): Suite {
  return async () => {
    const started = performance.now();
    const files = globs.flatMap((glob) => globSync(glob, { cwd: root })).sort();
    const counts = { passed: 0, failed: 0, skipped: 0 };
    if (files.length === 0) print(`${name}: no file matches ${globs.join(", ")}`);
    const stream = run({
      files: files.map((file) => resolve(root, file)),
      concurrency: options.atOnce ?? availableParallelism(),
      cwd: root,
    });
    for await (const event of stream) {
      switch (event.type) {
        case "test:fail":
          if (event.data.details.type !== "suite") print(failure(event.data));
          break;
        case "test:pass":
          if (event.data.skip !== undefined && event.data.skip !== false)
            print(`skip ${event.data.name}${reason(event.data.skip)}`);
          break;
        case "test:stdout":
        case "test:stderr":
          if (options.show === true) process.stdout.write(event.data.message);
          break;
        case "test:summary":
          if (event.data.file !== undefined) break;
          counts.passed = event.data.counts.passed;
          counts.failed = event.data.counts.failed + event.data.counts.cancelled;
          counts.skipped = event.data.counts.skipped;
          break;
        default:
      }
    }
    const failed = counts.passed + counts.failed === 0 ? 1 : counts.failed;
    return { name, ...counts, failed, ms: performance.now() - started };
  };
}

interface Failure {
  readonly name: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly details: { readonly error: Error };
}

function failure({ name, file, line, details }: Failure): string {
  const where = file === undefined ? "" : ` (${file.replace(`${root}/`, "")}:${line ?? 0})`;
  return `FAIL ${name}${where}\n${inspect(details.error.cause ?? details.error, { depth: 6 })}\n`;
}

const reason = (skip: string | boolean): string => (typeof skip === "string" && skip !== "" ? `: ${skip}` : "");

function start(args: readonly string[], show: boolean): Promise<{ readonly code: number; readonly output: string }> {
  const options: SpawnOptions = { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: plainEnvironment() };
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [...args], options);
    let output = "";
    const take = (chunk: Buffer): void => {
      const text = chunk.toString("utf8");
      output += text;
      // The closing line is printed once, by the caller, for all suites together.
      if (show) process.stdout.write(text.replace(/^\d+ passed, \d+ failed\n/gm, ""));
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.on("error", reject);
    child.on("close", (code) => done({ code: code ?? 1, output }));
  });
}

function plainEnvironment(): NodeJS.ProcessEnv {
  // Some tools take FORCE_COLOR, whatever its value, for a wish for colours.
  const { FORCE_COLOR: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: "1" };
}

function binaryOf(packageName: string, binary: string): string {
  const home = join(root, "node_modules", packageName);
  const file = join(home, "package.json");
  if (!existsSync(file)) throw new Error(`${packageName} is not installed; run npm ci first.`);
  const { bin } = JSON.parse(readFileSync(file, "utf8"));
  return join(home, typeof bin === "string" ? bin : bin[binary]);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
