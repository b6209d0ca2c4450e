import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const bin = join(root, "bin/polygate.js");

/** A folder of its own for a user of the command line: home, working directory and configuration in one. */
export class User {
  readonly home: string;
  readonly #children = new Set<ChildProcess>();

  constructor(yaml?: string) {
    this.home = mkdtempSync(join(tmpdir(), "polygate-cli-"));
    if (yaml !== undefined) this.put("polygate.yaml", yaml);
  }

  put(name: string, content: string | Uint8Array): string {
    const path = join(this.home, name);
    writeFileSync(path, content);
    return path;
  }

  /** Starts a command. Of this machine's environment only what a program needs to run: no credential of it may be found. */
  start(argv: readonly string[], env: { readonly [name: string]: string } = {}): Running {
    return this.#spawn(process.execPath, [bin, ...argv], env);
  }

  /** Runs a command line as a shell reads it. */
  startWith(line: string): Running {
    const running = this.#spawn("/bin/sh", ["-c", `exec '${process.execPath}' '${bin}' ${line}`], {});
    running.child.stdin?.end();
    return running;
  }

  /** The same on a terminal of its own, so many columns wide; undefined where this machine has no `script`. */
  startOnTerminal(argv: readonly string[], columns = 100, env: { readonly [name: string]: string } = {}): Running | undefined {
    if (spawnSync("script", ["--version"]).status !== 0) return undefined;
    const words = [process.execPath, bin, ...argv].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const command = `stty cols ${columns} rows 40; exec ${words}`;
    return this.#spawn("script", ["-qfec", command, "/dev/null"], { TERM: "xterm", ...env });
  }

  /** Runs a command to its end with this for its standard input. */
  async run(
    argv: readonly string[],
    input: string | Uint8Array = "",
    env: { readonly [name: string]: string } = {},
  ): Promise<Ended> {
    const running = this.start(argv, env);
    running.child.stdin?.end(input);
    return running.ended();
  }

  #spawn(program: string, argv: readonly string[], env: { readonly [name: string]: string }): Running {
    const whole = { PATH: process.env["PATH"], HOME: this.home, SHELL: "/bin/sh", ...env };
    const child = spawn(program, argv, { cwd: this.home, env: whole, stdio: ["pipe", "pipe", "pipe"] });
    this.#children.add(child);
    return new Running(child);
  }

  leave(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.home, { recursive: true, force: true });
  }
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What has not come after so long will not come. */
const patienceMs = 30_000;

/** A command under way. */
export class Running {
  readonly child: ChildProcess;
  /** What it has written to stdout, an escape as `␛`. */
  out = "";
  err = "";
  readonly #closed: Promise<unknown>;
  #changed: () => void = () => {};

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.out += text.replaceAll("\u001b", "␛");
      this.#changed();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.err += text;
      this.#changed();
    });
    // Who has ended reads no more.
    child.stdin?.on("error", () => {});
    this.#closed = once(child, "close").then(() => this.#changed());
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** The first match in what it has written to stdout since `from`, once there is one. */
  async until(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const late = AbortSignal.timeout(patienceMs);
    for (;;) {
      const match = pattern.exec(this.out.slice(from));
      if (match !== null) return match;
      const how = this.child.exitCode !== null ? "It ended" : late.aborted ? "It goes on" : undefined;
      if (how !== undefined) throw new Error(`${how} without writing ${pattern} after:\n${this.out}\n${this.err}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
        late.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  async ended(): Promise<Ended> {
    await this.#closed;
    return { code: this.child.exitCode, out: this.out, err: this.err };
  }
}
