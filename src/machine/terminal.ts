import { fstatSync } from "node:fs";
import type { Terminal } from "./contract.ts";

/** What this process's standard streams lead to. */
export const systemTerminal = (): Terminal => ({
  in: process.stdin.isTTY === true,
  out: process.stdout.isTTY === true,
  err: process.stderr.isTTY === true,
  columns: process.stdout.columns ?? process.stderr.columns ?? 80,
  input: inputKind(),
});

function inputKind(): Terminal["input"] {
  try {
    const facts = fstatSync(0);
    if (facts.isFile() || facts.isFIFO() || facts.isSocket()) return "data";
    return process.stdin.isTTY ? "terminal" : "nothing";
  } catch {
    return "nothing";
  }
}

/** All of standard input. */
export async function readStdin(): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
