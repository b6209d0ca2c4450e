import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A fresh directory, gone after the file's tests. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "polygate-library-"));
  made.push(path);
  return path;
}
