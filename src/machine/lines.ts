import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { LineOptions, LineReader } from "./contract.ts";

/** The terminal, deaf while nobody is asked for a line: what is typed meanwhile shows with the next prompt. */
class Screen extends Writable {
  muted = true;

  get columns(): number {
    return process.stdout.columns ?? process.stderr.columns ?? 80;
  }

  /** Something for the terminal itself. */
  tell(sequence: string): void {
    (process.stdout.isTTY ? process.stdout : process.stderr).write(sequence);
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (!this.muted) (process.stdout.isTTY ? process.stdout : process.stderr).write(chunk);
    done();
  }
}

const bracketedPaste = { on: "\u001b[?2004h", off: "\u001b[?2004l" };

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
  process.stdout.on("resize", () => screen.emit("resize"));
  // What is pasted is one message, however many lines it has: the terminal says where it begins and ends.
  const pasted: string[] = [];
  let pasting = false;
  if (terminal) {
    screen.tell(bracketedPaste.on);
    process.stdin.on("keypress", (_text: string | undefined, key: { readonly name?: string | undefined } | undefined) => {
      if (key?.name === "paste-start") pasting = true;
      if (key?.name === "paste-end") pasting = false;
    });
  }
  reader.on("line", (line) => {
    pasted.push(line);
    if (pasting) return;
    screen.muted = true;
    const whole = pasted.splice(0).join("\n");
    const next = waiting.shift();
    if (next === undefined) lines.push(whole);
    else next(whole);
  });
  reader.on("close", () => {
    ended = true;
    if (terminal) screen.tell(bracketedPaste.off);
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
