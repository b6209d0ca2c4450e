import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";
import { startSimulator } from "../../src/simulator/index.ts";
import { type Dockerfile, execForm, type Instruction, inherited, parseDockerfile } from "./dockerfile.ts";
import { must, root, run } from "./installed.ts";
import { start } from "./served.ts";

/*
 * The steps of deploy/Dockerfile, carried out without an engine: each stage is a folder, COPY copies, RUN runs (but for what would
 * change the machine itself), and what the image would start is started as its user, from files that user cannot write.
 */

const home = mkdtempSync(join(tmpdir(), "polygate-image-"));
chmodSync(home, 0o755);
after(() => rmSync(home, { recursive: true, force: true }));

const file = parseDockerfile(readFileSync(join(root, "deploy/Dockerfile"), "utf8"));

/** Changes of the base image: they concern no file of ours. */
const ofTheBase = ["rm -rf /usr/local/lib/node_modules", "install -d -o 65532 -g 65532 -m 0700 /data"];

/** Builds a stage with those it needs, and gives its root. */
function build(dockerfile: Dockerfile, name: string): string {
  const place = join(home, name);
  if (existsSync(place)) return place;
  mkdirSync(place);
  const inside = (path: string, workdir: string): string => join(place, resolve(workdir, path));
  let workdir = "/";
  for (const { word, rest } of inherited(dockerfile, name)) {
    if (word === "WORKDIR") {
      workdir = rest;
      mkdirSync(inside(".", workdir), { recursive: true });
    } else if (word === "COPY") {
      const [, from, paths = ""] = /^(?:--from=(\S+)\s+)?(.*)$/.exec(rest) ?? [];
      const sources = paths.split(/\s+/);
      const target = sources.pop() ?? "";
      for (const source of sources) {
        const origin = from === undefined ? join(root, source) : join(build(dockerfile, from), source);
        const folder = statSync(origin).isDirectory();
        const destination = inside(folder || !target.endsWith("/") ? target : join(target, source), workdir);
        cpSync(origin, destination, { recursive: true, verbatimSymlinks: true });
      }
    } else if (word === "RUN") perform(rest, inside(".", workdir));
  }
  return place;
}

function perform(command: string, cwd: string): void {
  if (ofTheBase.some((known) => command.startsWith(known))) return;
  // Done for this checkout already, and large.
  if (command === "npm ci --ignore-scripts") symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"));
  else must(run("sh", ["-c", command], { cwd, env: { npm_config_prefer_offline: "true" } }));
}

const lastOf = (instructions: readonly Instruction[], word: string): string =>
  instructions.findLast((one) => one.word === word)?.rest ?? "";

test("the steps of the basic image make a program that starts as its user from read-only files and ends in peace", {
  timeout: 120_000,
}, async (t) => {
  const simulator = await startSimulator();
  try {
    const stage = build(file, "basic");
    const instructions = inherited(file, "basic");
    const app = join(stage, lastOf(instructions, "WORKDIR"));
    assert.deepEqual(readdirSync(app).sort(), ["LICENSE", "README.md", "bin", "dist", "node_modules", "package.json"]);
    assert.ok(!existsSync(join(app, "node_modules/typescript")), "development's packages are not in the image");

    const [uid = 0, gid = 0] = lastOf(instructions, "USER").split(":").map(Number);
    const isRoot = process.getuid?.() === 0;
    const data = join(home, "data");
    mkdirSync(data, { mode: 0o700 });
    if (isRoot) must(run("chown", [`${uid}:${gid}`, data], { cwd: home }));
    // The image's own configuration, with the places and the port that this machine has for it.
    const given = readFileSync(join(stage, "etc/polygate/polygate.yaml"), "utf8");
    const config = join(home, "polygate.yaml");
    writeFileSync(
      config,
      `${given.replace("/data", data).replace("port: 4000", "port: 0")}providers:\n  mine: { wire: openai-chat, base_url: ${simulator.url}/v1, api_key: none }\n`,
    );
    lock(stage, false);
    const [command = "", ...args] = [
      ...(execForm(lastOf(instructions, "ENTRYPOINT")) ?? []),
      ...(execForm(lastOf(instructions, "CMD")) ?? []),
    ];
    assert.equal(command, "node");
    const key = "pg-0123456789abcdef0123456789abcdef";
    const env = {
      PATH: dirname(process.execPath),
      HOME: data,
      NODE_ENV: "production",
      POLYGATE_CONFIG: config,
      POLYGATE_KEY: key,
    };
    const as = isRoot ? { uid, gid } : {};
    const served = await start({ command: process.execPath, args, cwd: app, env, ...as, listens: "0.0.0.0" });
    try {
      const response = await fetch(`${served.address}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: "mine/echo", messages: [{ role: "user", content: "From an image." }] }),
      });
      assert.match(await response.text(), /From an image\./);
      const [node = "", flag = "", script = ""] = execForm(lastOf(instructions, "HEALTHCHECK")) ?? [];
      assert.deepEqual([node, flag], ["node", "-e"]);
      const check = (address: string) =>
        spawnSync(process.execPath, [flag, script.replace("http://127.0.0.1:4000", address)], {
          encoding: "utf8",
          timeout: 10_000,
        }).status;
      assert.equal(check(served.address), 0, "the health check is content");
      assert.equal(check("http://127.0.0.1:9"), 1, "and can be otherwise");
    } finally {
      assert.equal(await served.stop(), 0, served.output());
    }
    assert.ok(readdirSync(data).includes("ledger.sqlite"));
    t.diagnostic(
      `basic image by its steps: healthy after ${Math.round(served.healthyMs)} ms as ${isRoot ? `user ${uid}` : "this user"}, read-only; ended with 0`,
    );
  } finally {
    lock(home, true);
    await simulator.close();
  }
});

test("without a key the image refuses to listen to the world, with exit code 2 and what to do", () => {
  const app = join(build(file, "basic"), "app");
  const data = mkdtempSync(join(home, "nokey-"));
  const config = join(data, "polygate.yaml");
  writeFileSync(config, readFileSync(join(root, "deploy/polygate.yaml"), "utf8").replace("/data", data));
  const env = { PATH: dirname(process.execPath), HOME: data, POLYGATE_CONFIG: config };
  const { status, stderr } = spawnSync(process.execPath, ["bin/polygate.js", "serve"], {
    cwd: app,
    env,
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.equal(status, 2, stderr);
  assert.match(stderr, /no keys are configured/);
});

test("the larger tiers have their optional packages where the package declares them, and say so where not", () => {
  const tier = (name: string) => run(process.execPath, [join(root, "deploy/tier.js"), name], { cwd: root });
  for (const name of ["extended", "full"]) {
    const { status, stdout } = tier(name);
    assert.deepEqual(
      [status, stdout],
      [0, `Polygate has no optional packages for the tier "${name}" yet: it is the basic one.\n`],
    );
  }
  assert.equal(tier("huge").status, 2);
});

/** Takes write permission from everything below, or gives it back. Root may write all the same, the image's user may not. */
function lock(folder: string, writable: boolean): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const full = join(folder, path);
    const stat = statSync(full, { throwIfNoEntry: false });
    if (stat?.isDirectory()) chmodSync(full, writable ? 0o755 : 0o555);
  }
}
