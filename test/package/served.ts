import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Served {
  readonly address: string;
  /** Milliseconds from its start to its first healthy answer. */
  readonly healthyMs: number;
  /** All that it has printed so far. */
  output(): string;
  /** Asks it to stop; gives its exit code, or the signal it died of. */
  stop(): Promise<number | string | null>;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  /** The address it says that it listens on. Default 127.0.0.1. */
  readonly listens?: string | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** Starts a server that is told to take any free port, and waits until it is healthy. Throws with its output where it ends before. */
export async function start({ command, args, listens = "127.0.0.1", ...options }: Launch): Promise<Served> {
  const startedAt = performance.now();
  // In a group of its own: npx has children.
  const child = spawn(command, [...args], { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let text = "";
  const address = new Promise<string>((resolve, reject) => {
    const hear = (piece: Buffer): void => {
      text += piece.toString();
      const found = new RegExp(`http://${listens.replaceAll(".", "\\.")}:([1-9]\\d*)`).exec(text);
      if (found) resolve(`http://127.0.0.1:${found[1]}`);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`it ended with ${code} before it listened:\n${text}`)));
  });
  // It may also end later, when nobody waits for the address.
  address.catch(() => {});
  try {
    const where = await within(30_000, address, () => text);
    const health = await fetch(`${where}/healthz`);
    if (health.status !== 200) throw new Error(`it is not healthy: ${health.status}`);
    return { address: where, healthyMs: performance.now() - startedAt, output: () => text, stop: () => stop(child) };
  } catch (thrown) {
    await stop(child);
    throw thrown;
  }
}

async function stop(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
  const exited = once(child, "exit");
  if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  const late = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, 10_000);
  const [code, signal]: unknown[] = await exited;
  clearTimeout(late);
  return typeof code === "number" ? code : String(signal);
}

async function within<T>(ms: number, promise: Promise<T>, said: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${ms} ms; it said:\n${said()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
