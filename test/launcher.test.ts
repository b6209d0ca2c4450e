import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

/*
 * The launcher before a Node that is too old. To any Node of today 99 is too new, so a checkout that wants 99 stands for the
 * one that wants 24 where there is 20; the Node it finds is a shell script that says what it was given.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

interface Given {
  readonly engines: string;
  readonly files?: { readonly [path: string]: string };
}

function checkout({ engines, files }: Given): string {
  const folder = mkdtempSync(join(tmpdir(), "polygate-launcher-"));
  made.push(folder);
  cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
  const manifest = { type: "module", engines: { node: engines }, devDependencies: { node: "99.1.0" } };
  for (const [path, text] of Object.entries({ "package.json": JSON.stringify(manifest), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    chmodSync(join(folder, path), 0o755);
  }
  return folder;
}

const run = (folder: string, env: { readonly [name: string]: string } = {}): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(folder, "bin/polygate.js"), "a b", "--c"], {
    encoding: "utf8",
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"], ...env },
    timeout: 20_000,
  });

const otherNode = '#!/bin/sh\nif [ "$1" = --version ]; then echo v99.1.0; exit; fi\nshift\necho "99 ran with: $*"\nexit 7\n';
const stub = "export const main = async (argv) => { process.stdout.write('main(' + argv + ')'); process.exitCode = 3; };";

test("a Node that is new enough runs the source of a checkout and the build of a package, in the same process", () => {
  const source = run(checkout({ engines: ">=24.15", files: { "src/main.ts": stub } }));
  assert.deepEqual([source.stdout, source.status, source.stderr], ["main(a b,--c)", 3, ""]);
  const built = run(checkout({ engines: ">=24.15", files: { "dist/main.js": stub } }));
  assert.deepEqual([built.stdout, built.status, built.stderr], ["main(a b,--c)", 3, ""]);
});

test("one that is too old hands over to the project's own, with its arguments and its exit code", () => {
  for (const place of [
    "node",
    `node-${process.platform}-${process.arch}`,
    `node/node_modules/node-${process.platform}-${process.arch}`,
  ]) {
    const folder = checkout({ engines: ">=99.1", files: { "src/main.ts": stub, [`node_modules/${place}/bin/node`]: otherNode } });
    const { stdout, status, stderr } = run(folder);
    assert.deepEqual([stdout, status, stderr], ["99 ran with: a b --c\n", 7, ""], place);
  }
});

test("an own Node that is too old itself is not taken", () => {
  const files = { "dist/main.js": stub, "node_modules/node/bin/node": otherNode };
  assert.equal(run(checkout({ engines: ">=99.2", files })).status, 1);
});

test("without one, npm is asked for it visibly, once", () => {
  const place = `.toolchain/node_modules/node-${process.platform}-${process.arch}/bin`;
  const npm = `
    const fs = require("node:fs");
    fs.appendFileSync("npm-asked", process.argv.slice(2).join(" ") + "\\n");
    fs.mkdirSync(${JSON.stringify(place)}, { recursive: true });
    fs.writeFileSync(${JSON.stringify(`${place}/node`)}, ${JSON.stringify(otherNode)}, { mode: 0o755 });`;
  const folder = checkout({ engines: ">=99.1", files: { "src/main.ts": stub, "npm.cjs": npm, "npm.js": 'import "./npm.cjs";' } });
  const first = run(folder, { npm_execpath: join(folder, "npm.js") });
  assert.equal(first.stdout, "99 ran with: a b --c\n");
  assert.match(first.stderr, /^polygate: Polygate needs Node >=99\.1; this is v.* Fetching one for this project alone/);
  const asked = `install --no-save --no-audit --no-fund --ignore-scripts --prefix .toolchain node-${process.platform}-${process.arch}@99.1.0\n`;
  assert.equal(readFileSync(join(folder, "npm-asked"), "utf8"), asked);
  assert.equal(run(folder, { npm_execpath: join(folder, "npm.js") }).stderr, "");
  assert.equal(readFileSync(join(folder, "npm-asked"), "utf8"), asked);
});

test("where none can be had, a sentence says what to do", () => {
  const failing = checkout({ engines: ">=99.1", files: { "src/main.ts": stub, "npm.js": "process.exit(1);" } });
  const { status, stderr } = run(failing, { npm_execpath: join(failing, "npm.js") });
  assert.equal(status, 1);
  assert.match(stderr, /Install a newer Node from https:\/\/nodejs\.org and run the same command again\.\n$/);
  const shipped = run(checkout({ engines: ">=99.1", files: { "dist/main.js": stub } }));
  assert.equal(shipped.status, 1);
  assert.match(
    shipped.stderr,
    /^polygate: Polygate needs Node >=99\.1; this is v\S+ Install a newer Node from \S+ and run the same command again\.\n$/,
  );
});

test("a signal reaches the Node that was handed over to", { timeout: 20_000 }, async () => {
  const waiting =
    '#!/bin/sh\nif [ "$1" = --version ]; then echo v99.1.0; exit; fi\ntrap "echo stopped; exit 5" TERM\necho ready\nwhile :; do sleep 0.05; done\n';
  const folder = checkout({ engines: ">=99.1", files: { "src/main.ts": stub, "node_modules/node/bin/node": waiting } });
  const child = spawn(process.execPath, [join(folder, "bin/polygate.js")], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (text === "ready\n") child.kill("SIGTERM");
  });
  const [code]: unknown[] = await once(child, "close");
  assert.deepEqual([text, code], ["ready\nstopped\n", 5]);
});

test("what npm leaves behind stops by itself", { timeout: 20_000 }, async () => {
  const serving = `export const main = async () => { process.on("SIGTERM", () => { process.stdout.write("stopped"); process.exit(0); }); process.stdout.write("ready"); setInterval(() => {}, 1000); };`;
  const folder = checkout({ engines: ">=24.15", files: { "src/main.ts": serving } });
  // The shell, like npm's, waits for its command and dies without passing the signal on.
  const shell = spawn("/bin/sh", ["-c", `"${process.execPath}" "${join(folder, "bin/polygate.js")}"; true`], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, npm_lifecycle_event: "start" },
  });
  let text = "";
  shell.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (text === "ready") shell.kill("SIGTERM");
  });
  await once(shell, "close");
  assert.equal(text, "readystopped");
});
