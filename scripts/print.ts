import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** How every run of checks ends: `N passed, N failed`, and `, N skipped` where there are any. */
export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;

const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\n/gm;

/** What the last closing line of an output says; undefined without one. */
export function readClosing(output: string): Counts | undefined {
  const found = [...output.matchAll(closing)].at(-1);
  return found && { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] ?? 0) };
}

export const withoutClosing = (text: string): string => text.replace(closing, "");
