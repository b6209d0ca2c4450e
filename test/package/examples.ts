import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import type { Simulator } from "../../src/simulator/index.ts";
import { type Installed, lend, must, root, run } from "./installed.ts";
import { start } from "./served.ts";

interface Example {
  readonly args?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  readonly stdout: RegExp;
  readonly stderr?: RegExp;
}

/** Every file of examples/ that runs and ends by itself, with what it has to print. */
const inProgram: { readonly [file: string]: Example } = {
  "ask.ts": {
    args: ["Is", "this", "an", "echo?"],
    stdout: /^Is this an echo\?\n$/,
    stderr: /^openai\/echo, 1 attempt\(s\), \d+ tokens in, \d+ out\nprice unknown\n$/,
  },
  "stream.ts": { args: ["One", "two", "three"], stdout: /^One two three\n$/, stderr: /^stop, \d+ tokens\n$/ },
  "tools.ts": { env: { MODEL: "openai/agent" }, stdout: /It is sunny\. \(asked with \{.*"city"/, stderr: /^calling weather\n$/ },
  "json-output.ts": { stdout: /^\{"name":".*","born":-?\d+\}\n$/ },
  "embed.ts": { stdout: /^1\.000 {2}The cat.*\n-?0\.\d{3} {2}Stocks.*\n-?0\.\d{3} {2}A kitten.*\n$/, stderr: /^\d+ tokens\n$/ },
  "errors.ts": {
    env: { MODEL: "openai/fault:401" },
    stdout:
      /^provider_credential \(401\) after 1 attempt\(s\): .*\ntrying again will not help\npolygate call show call_[0-9a-f]+\n$/,
  },
};

const againstServer: { readonly [file: string]: Example } = {
  "openai-sdk.mjs": { args: ["An echo?"], env: { MODEL: "anthropic/echo" }, stdout: /^An echo\?\n$/ },
  "anthropic-sdk.mjs": { args: ["An echo?"], stdout: /^An echo\?\n$/, stderr: /^\d+ tokens in, \d+ out\n$/ },
  "curl.sh": { args: ['An "echo"?'], stdout: /"content":"An \\"echo\\"\?"/ },
  "python-client.py": { args: ["An echo?"], stdout: /^An echo\?\n$/ },
};

/** Tried otherwise, below. */
const others = ["http-server.ts", "README.md", "package.json"];

const interpreters: { readonly [ending: string]: string } = {
  ts: process.execPath,
  mjs: process.execPath,
  sh: "sh",
  py: "python3",
};

/** The examples, run from the installed package against the simulator. */
export function examples({ project }: Installed, simulator: Simulator): void {
  // As in a project that `npm init -y` has made: what the examples need beyond that is with them.
  const newcomer = join(project, "newcomer");
  const folder = join(newcomer, "examples");
  mkdirSync(newcomer);
  writeFileSync(join(newcomer, "package.json"), JSON.stringify({ name: "newcomer", type: "commonjs" }));
  cpSync(join(root, "examples"), folder, { recursive: true });
  lend(project, "openai", "@anthropic-ai/sdk", "@types/node", "undici-types");
  const data = join(project, "data");
  mkdirSync(data);
  const config = join(project, "polygate.yaml");
  writeFileSync(
    config,
    `server: { port: 0 }\ndata_dir: ${data}\nproviders:\n  openai: { base_url: ${simulator.url}/v1, api_key: none }\n  anthropic: { base_url: ${simulator.url}, api_key: none }\n`,
  );
  const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`;
  const given = { PATH: path, POLYGATE_CONFIG: config, MODEL: "openai/echo" };

  const tried = async (file: string, { args = [], env, stdout, stderr = /^$/ }: Example, more = {}): Promise<void> => {
    const done = await ended(interpreters[file.split(".").at(-1) ?? ""] ?? "", [join(folder, file), ...args], {
      ...given,
      ...env,
      ...more,
    });
    assert.deepEqual([done.code, done.stderr.replace(stderr, "")], [0, ""], `${done.stdout}\n${done.stderr}`);
    assert.match(done.stdout, stdout);
  };

  for (const [file, example] of Object.entries(inProgram)) test(`examples/${file} does what it says`, () => tried(file, example));

  test("examples against a server do what they say", async (t) => {
    const launcher = join(project, "node_modules/polygate/bin/polygate.js");
    const served = await start({
      command: process.execPath,
      args: [launcher, "--config", config],
      cwd: project,
      env: { PATH: path },
    });
    try {
      for (const [file, example] of Object.entries(againstServer))
        await t.test(file, () => tried(file, example, { POLYGATE_URL: served.address }));
    } finally {
      await served.stop();
    }
  });

  test("examples/http-server.ts streams, and lets go of who leaves", async () => {
    const server = spawn(process.execPath, [join(folder, "http-server.ts")], {
      env: { ...given, PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const said: string = await new Promise((resolve) =>
        server.stdout.once("data", (piece: Buffer) => resolve(piece.toString())),
      );
      const url = /http:\/\/\S+/.exec(said)?.[0] ?? "";
      assert.equal(await (await fetch(url, { method: "POST", body: "Hello there." })).text(), "Hello there.\n");
    } finally {
      const exited = new Promise<number | null>((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      assert.equal(await exited, 0);
    }
  });

  test("every example is run here, and compiles in a strict project", () => {
    assert.deepEqual(readdirSync(folder).sort(), [...Object.keys(inProgram), ...Object.keys(againstServer), ...others].sort());
    const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
    const compilerOptions = {
      target: "es2024",
      lib: ["es2024", "esnext.disposable"],
      module: "nodenext",
      strict: true,
      noEmit: true,
      types: ["node"],
      noUncheckedIndexedAccess: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    must(run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], { cwd: project }));
  });
}

interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not by spawnSync: the simulator that answers is in this process. */
function ended(command: string, args: readonly string[], env: { readonly [name: string]: string }): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env, stdio: ["ignore", "pipe", "pipe"], timeout: 30_000 });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
