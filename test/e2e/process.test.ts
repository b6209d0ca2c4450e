import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startSimulator } from "../../src/simulator/index.ts";

/* The gateway as users run it: a process of its own, with signals and exit codes. */

const bin = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin/polygate.js");
const cleanups: (() => void)[] = [];
after(() => {
  for (const clean of cleanups) clean();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "polygate-process-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

class Program {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  text = "";
  #changed: () => void = () => {};

  constructor(cwd: string, ...argv: string[]) {
    // Of the environment only what a program needs to run: no credential of this machine may be found.
    const env = { PATH: process.env["PATH"], HOME: cwd };
    this.child = spawn(process.execPath, [bin, ...argv], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    cleanups.push(() => this.child.kill("SIGKILL"));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
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
      if (this.child.exitCode !== null) throw new Error(`It ended without printing ${pattern}:\n${this.text}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }
}

const limit = { timeout: 60_000 };

test("the first minute: with nothing found, the printed curl line is answered", limit, async () => {
  const gateway = new Program(folder(), "--port", "0", "--no-discover");
  const [, url = "", body = ""] = await gateway.until(/curl (\S+) -H 'content-type: application\/json' -d '(.*)'/);
  const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal(reply.status, 200);
  assert.match(await reply.text(), /Say hello\./);
  assert.equal(reply.headers.get("x-polygate-provider"), "sim");
  gateway.child.kill("SIGTERM");
  assert.equal(await gateway.ended(), 0);
});

test("told to stop, it finishes the stream under way, keeps the books and exits with 0", limit, async () => {
  const simulator = await startSimulator({ pace: { ms: 30 } });
  cleanups.push(() => void simulator.close());
  const home = folder();
  const yaml = [
    "server: { port: 0 }",
    "data_dir: data",
    // Far more than the test's own limit: who waits for the deadline although the calls are over, fails.
    "timeouts: { drain: 10m }",
    "keys: [{ id: dev, secret: pg-secret-of-this-test }]",
    `providers: { up: { wire: openai-chat, base_url: "${simulator.url}/v1", api_key: none } }`,
  ];
  writeFileSync(join(home, "polygate.yaml"), yaml.join("\n"));
  const gateway = new Program(home, "start");
  const [, address = ""] = await gateway.until(/address +(\S+)/);
  const words = Array.from({ length: 30 }, (_, index) => `word${index}`).join(" ");
  const reply = await fetch(`${address}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer pg-secret-of-this-test" },
    body: JSON.stringify({ model: "up/echo", stream: true, messages: [{ role: "user", content: words }] }),
  });
  assert.equal(reply.status, 200);
  gateway.child.kill("SIGTERM");
  await gateway.until(/stopping; calls under way have 600 s/);
  await assert.rejects(fetch(`${address}/healthz`), "it takes no more calls");
  const stream = await reply.text();
  assert.match(stream, /word29/);
  assert.match(stream, /data: \[DONE\]\n\n$/);
  assert.equal(await gateway.ended(), 0);
  assert.doesNotMatch(gateway.text, /pg-secret/);
  const usage = new Program(home, "usage", "--format", "table");
  assert.equal(await usage.ended(), 0);
  assert.match(usage.text, /up +echo +1 +1 +0/);
});

test("a taken port is one sentence naming the flag, and exit code 1", limit, async () => {
  const simulator = await startSimulator();
  cleanups.push(() => void simulator.close());
  const gateway = new Program(folder(), "start", "--no-discover", "--port", String(simulator.port));
  assert.equal(await gateway.ended(), 1);
  assert.match(
    gateway.text,
    new RegExp(`^Port ${simulator.port} on 127\\.0\\.0\\.1 is taken by another program; choose another with --port`),
  );
});

test("a configuration that is wrong stops the start before anything is opened", limit, async () => {
  const home = folder();
  writeFileSync(join(home, "polygate.yaml"), "server: { host: 0.0.0.0 }\n");
  const gateway = new Program(home);
  assert.equal(await gateway.ended(), 2);
  assert.match(gateway.text, /polygate\.yaml:1:17: 0\.0\.0\.0 can be reached from other machines, and no keys are configured/);
});
