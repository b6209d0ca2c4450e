import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../../src/simulator/index.ts";

/* Gateways as they are run: processes of their own, in front of a simulator of this one. */

const bin = join(import.meta.dirname, "../../../bin/polygate.js");
const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

export const secret = "pg-secret-of-this-test";

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "polygate-operations-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function simulator(options?: SimulatorOptions): Promise<Simulator> {
  const started = await startSimulator(options);
  cleanups.push(() => started.close());
  return started;
}

/** A configuration with one key and the simulator as the provider `up`. */
export const yaml = (upstream: { readonly url: string }, ...more: readonly string[]): string =>
  [
    "server: { port: 0 }",
    "data_dir: data",
    `keys: [{ id: dev, secret: ${secret} }]`,
    `providers: { up: { wire: openai-chat, base_url: "${upstream.url}/v1", api_key: none } }`,
    ...more,
    "",
  ].join("\n");

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: { readonly [name: string]: string };
  /** Run by a shell, which replaces itself: `ulimit -n 64; exec`. */
  readonly shell?: string;
  readonly node?: readonly string[];
  readonly stderr?: "pipe" | number;
}

export class Program {
  readonly child: ChildProcess;
  readonly cwd: string;
  text = "";
  readonly #ended: Promise<unknown>;
  #changed: () => void = () => {};

  constructor({ cwd, env: more, shell, node = [], stderr = "pipe" }: ProgramOptions, ...argv: readonly string[]) {
    this.cwd = cwd;
    // Of the environment only what a program needs to run: no credential of this machine may be found.
    const env = { PATH: process.env["PATH"], HOME: cwd, ...more };
    const command = [process.execPath, ...node, bin, ...argv];
    const [program = "", ...args] = shell === undefined ? command : ["/bin/sh", "-c", `${shell}; exec "$@"`, "sh", ...command];
    this.child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", stderr] });
    cleanups.push(() => this.child.kill("SIGKILL"));
    this.#ended = once(this.child, "close");
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.text += chunk.toString("utf8");
        this.#changed();
      });
    }
    this.child.on("close", () => this.#changed());
  }

  /** The first match in what it has printed, once there is one. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`It ended without printing ${pattern}:\n${this.text}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async address(): Promise<string> {
    const [, address = ""] = await this.until(/address +(\S+)/);
    return address;
  }

  /** The exit code, or the name of the signal that ended it. */
  async ended(): Promise<number | string | null> {
    await this.#ended;
    return this.child.exitCode ?? this.child.signalCode;
  }
}

/** Starts a gateway with this configuration and waits until it serves. */
export async function gateway(text: string, options: Omit<ProgramOptions, "cwd"> = {}, ...argv: readonly string[]) {
  const cwd = folder();
  const file = join(cwd, "polygate.yaml");
  writeFileSync(file, text);
  const program = new Program({ cwd, ...options }, ...argv);
  const address = await program.address();
  const adminKey = (): string => readFileSync(join(cwd, "data", "admin.key"), "utf8").trim();
  return { program, cwd, file, address, adminKey };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly agent?: Agent;
  /** Told when the head of the answer is there. */
  readonly onHead?: (response: IncomingMessage) => void;
}

/** One request over a connection of its own, unless an agent says otherwise. Rejects where the answer does not come whole. */
export function ask(url: string, { method, key, body, agent, onHead }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const sent = request(url, { method: method ?? (body === undefined ? "GET" : "POST"), headers, agent: agent ?? false });
    sent.on("error", reject);
    sent.on("response", (response) => {
      onHead?.(response);
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        else reject(new Error("cut off"));
      });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export const chat = (content: string, stream = false) => ({
  model: "up/echo",
  stream,
  messages: [{ role: "user", content }],
});

export const keptAlive = (sockets: number): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  cleanups.push(() => agent.destroy());
  return agent;
};

/** Calls without pause until it is told to stop; gives how many, and what was no 200. */
export function load(address: string, lanes: number, key = secret) {
  let going = true;
  const failures: string[] = [];
  let calls = 0;
  const agent = keptAlive(lanes);
  const lane = async (): Promise<void> => {
    while (going) {
      calls++;
      try {
        const { status, text } = await ask(`${address}/v1/chat/completions`, { key, body: chat("hello"), agent });
        if (status !== 200) failures.push(`${status} ${text}`);
      } catch (thrown) {
        failures.push(String(thrown));
      }
      await pause(10);
    }
  };
  cleanups.push(() => {
    going = false;
  });
  const lanesDone = Promise.all(Array.from({ length: lanes }, lane));
  return {
    stop: async () => {
      going = false;
      await lanesDone;
      return { calls, failures };
    },
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Asks again and again until `good` says so; fails after `ms`. Gives how long that took. */
export async function eventually(ms: number, what: string, good: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await good())) {
    assert.ok(performance.now() - began < ms, `${what}: not within ${ms} ms`);
    await pause(10);
  }
  return performance.now() - began;
}

/** Process ids of a supervisor's workers, in the order of their starts. */
export function workersOf({ child }: Program): readonly number[] {
  const text = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** The sum of a metric's rows. */
export const figure = (text: string, name: string): number =>
  [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, "gm"))].reduce((sum, [, value]) => sum + Number(value), 0);
