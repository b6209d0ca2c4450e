import { resolve } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";
import { closingLine, print, root } from "./print.ts";

/*
 * Runs the test files that its argument names (JSON), prints what failed and what was skipped, and closes with the counts.
 * Started by `suite.ts`, which it tells what it is at, and which kills it when it tells nothing any more: a test that is timed
 * out by node:test may leave its file running for good.
 */

export interface TestFiles {
  readonly files: readonly string[];
  readonly atOnce: number;
  /** The most that one test may take. */
  readonly testMs: number;
  /** Prints what the tests print. */
  readonly show: boolean;
}

interface Failure {
  readonly name: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly details: { readonly error: Error };
}

const { files, atOnce, testMs, show }: TestFiles = JSON.parse(process.argv[2] ?? "{}");
const ownCounts = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;
const counts = { passed: 0, failed: 0, skipped: 0 };
/** Files under way, with the test that each has started last. */
const underWay = new Map<string, string>();

// Nobody would stop this process and its tests after that.
process.on("disconnect", () => process.kill(process.platform === "win32" ? process.pid : -process.pid, "SIGKILL"));
for await (const event of run({
  files: files.map((file) => resolve(root, file)),
  concurrency: atOnce,
  timeout: testMs,
  cwd: root,
})) {
  switch (event.type) {
    case "test:dequeue":
      if (event.data.file !== undefined) underWay.set(event.data.file, event.data.name);
      tellWhereItIs();
      break;
    case "test:complete":
      tellWhereItIs();
      break;
    case "test:fail":
      if (event.data.details.type !== "suite") print(failure(event.data));
      break;
    case "test:pass":
      if (event.data.skip !== undefined && event.data.skip !== false) print(`skip ${event.data.name}${reason(event.data.skip)}`);
      break;
    case "test:diagnostic":
      // The figures that tests have seen; node:test's own counts come by the same way.
      if (!ownCounts.test(event.data.message)) print(`     ${event.data.message}`);
      break;
    case "test:stdout":
    case "test:stderr":
      if (show) process.stdout.write(event.data.message);
      break;
    case "test:summary":
      if (event.data.file !== undefined) {
        underWay.delete(event.data.file);
        tellWhereItIs();
        break;
      }
      counts.passed = event.data.counts.passed;
      counts.failed = event.data.counts.failed + event.data.counts.cancelled;
      counts.skipped = event.data.counts.skipped;
      break;
    default:
  }
}
print(closingLine(counts));
process.exit(counts.failed === 0 ? 0 : 1);

function tellWhereItIs(): void {
  const at = [...underWay].map(([file, name]) => (file === name ? short(file) : `${short(file)} ("${name}")`)).join(", ");
  process.send?.({ at });
}

function short(file: string): string {
  return file.replace(`${root}/`, "");
}

function failure({ name, file, line, details }: Failure): string {
  const where = file === undefined ? "" : ` (${short(file)}:${line ?? 0})`;
  return `FAIL ${name}${where}\n${inspect(details.error.cause ?? details.error, { depth: 6 })}\n`;
}

function reason(skip: string | boolean): string {
  return typeof skip === "string" && skip !== "" ? `: ${skip}` : "";
}
