import { type ChildProcess, spawn } from "node:child_process";
import { root } from "./print.ts";

export interface Limits {
  /** How long it may take in all. */
  readonly totalMs: number;
  /** How long it may go without telling what it is at; only for children that tell. */
  readonly quietMs?: number | undefined;
}

export interface Ended {
  readonly code: number;
  readonly output: string;
  /** Why it was killed, and what it was at; undefined where it ended by itself. */
  readonly killed: string | undefined;
}

/**
 * Runs `node <args>` in the checkout, in a process group of its own, which never outlives its limits nor its first process:
 * what it has started and left behind ends with it. A child that is told to (`quietMs`) sends messages `{ at: string }`.
 * Resolves in every case, unless the process cannot be started.
 */
export function supervised(
  args: readonly string[],
  limits: Limits,
  stopped: AbortSignal,
  onText: (text: string) => void,
): Promise<Ended> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe", ...(limits.quietMs === undefined ? [] : ["ipc" as const])],
      env: plainEnvironment(),
      detached: process.platform !== "win32",
    });
    let output = "";
    let killed: string | undefined;
    let at = "";
    const kill = (why: string): void => {
      killed ??= at === "" ? why : `${why}; it was at ${at}`;
      killGroup(child);
    };
    const onStopped = (): void => kill("told to stop");
    const total = setTimeout(kill, limits.totalMs, `not done after ${seconds(limits.totalMs)}`);
    const awaitSign = (): NodeJS.Timeout | undefined =>
      limits.quietMs === undefined ? undefined : setTimeout(kill, limits.quietMs, `silent for ${seconds(limits.quietMs)}`);
    let quiet = awaitSign();
    child.on("message", (message) => {
      if (typeof message === "object" && "at" in message) at = String(message.at);
      clearTimeout(quiet);
      quiet = awaitSign();
    });
    const take = (text: string): void => {
      output += text;
      onText(text);
    };
    child.stdout?.setEncoding("utf8").on("data", take);
    child.stderr?.setEncoding("utf8").on("data", take);
    stopped.addEventListener("abort", onStopped);
    if (stopped.aborted) onStopped();
    child.on("error", reject);
    child.on("exit", () => {
      clearTimeout(total);
      clearTimeout(quiet);
      // Whoever is left holds the pipes open, and the run with them.
      killGroup(child);
    });
    child.on("close", (code) => {
      stopped.removeEventListener("abort", onStopped);
      done({ code: code ?? 1, output, killed });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}

const seconds = (ms: number): string => `${ms / 1000} s`;

function plainEnvironment(): NodeJS.ProcessEnv {
  // Some tools take FORCE_COLOR, whatever its value, for a wish for colours.
  const { FORCE_COLOR: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: "1" };
}
