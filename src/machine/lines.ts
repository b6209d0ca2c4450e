import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { LineOptions, LineReader } from "../cli/ports.ts";

/** The terminal, deaf while nobody is asked for a line: what is typed meanwhile shows with the next prompt. */
class Screen extends Writable {
  muted = true;

  get columns(): number {
    return process.stdout.columns ?? process.stderr.columns ?? 80;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (!this.muted) (process.stdout.isTTY ? process.stdout : process.stderr).write(chunk);
    done();
  }
}

/** Reads this process's standard input line by line. */
export function readLines({ complete, onInterrupt }: LineOptions): LineReader {
  const terminal = process.stdin.isTTY && (process.stdout.isTTY || process.stderr.isTTY);
  const screen = new Screen();
  const waiting: ((line: string | undefined) => void)[] = [];
  const lines: string[] = [];
  let ended = false;
  const reader = createInterface({
    input: process.stdin,
    output: screen,
    terminal,
    completer: (line: string) => [complete(line), line],
    // A line may be pasted in several pieces.
    crlfDelay: 500,
  });
  reader.on("line", (line) => {
    screen.muted = true;
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  });
  reader.on("close", () => {
    ended = true;
    for (const next of waiting.splice(0)) next(undefined);
  });
  reader.on("SIGINT", onInterrupt);
  return {
    next(prompt) {
      const line = lines.shift();
      if (line !== undefined || ended) return Promise.resolve(line);
      return new Promise((resolve) => {
        waiting.push(resolve);
        if (!terminal) return;
        screen.muted = false;
        reader.setPrompt(prompt);
        reader.prompt(true);
      });
    },
    clearLine() {
      reader.write(null, { ctrl: true, name: "e" });
      reader.write(null, { ctrl: true, name: "u" });
    },
    close: () => reader.close(),
  };
}
