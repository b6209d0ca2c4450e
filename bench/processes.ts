import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface Running {
  readonly pid: number;
  readonly port: number;
  /** Asks it to end (SIGTERM), waits, and forces it after 20 s. Gives the exit code; null after a signal. */
  stop(): Promise<number | null>;
}

export interface Start {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly port: number;
}

/** The processes of one benchmark run: each is started on a port, logs to a file, and ends with the run. */
export class Processes {
  readonly #folder: string;
  readonly #running = new Set<Running>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves once the port accepts connections. Throws with the end of the log where it never does. */
  async start({ name, command, args, cwd, env, port }: Start): Promise<Running> {
    const log = join(this.#folder, `${name}.log`);
    const fd = openSync(log, "a");
    const child = spawn(command, args, {
      cwd: cwd ?? this.#folder,
      env: { PATH: process.env["PATH"] ?? "", HOME: this.#folder, NODE_ENV: "production", ...env },
      stdio: ["ignore", fd, fd],
    });
    closeSync(fd);
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    const accepting = await Promise.race([accepts(child, port), failed]);
    if (!accepting || child.pid === undefined) {
      child.kill("SIGKILL");
      throw new Error(`${name} did not start. The end of its log:\n${readFileSync(log, "utf8").slice(-2_000)}`);
    }
    const running: Running = {
      pid: child.pid,
      port,
      stop: async () => {
        this.#running.delete(running);
        return stop(child);
      },
    };
    this.#running.add(running);
    return running;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.stop()));
  }
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(force);
  return child.exitCode;
}

async function accepts(child: ChildProcess, port: number): Promise<boolean> {
  for (let tries = 0; tries < 300 && child.exitCode === null && child.signalCode === null; tries++) {
    const socket = connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return true;
    await delay(100);
  }
  return false;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no TCP port to be had");
  return address.port;
}
