/*
 * Finds, or fetches, a Node that can run Polygate. Plain JavaScript that needs nothing but the Node the machine happens to
 * have (18 or newer), because it is what runs when that Node is too old for everything else.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as module from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** True in a clone of the project, false in the package as shipped (which holds built JavaScript only). */
export const isCheckout = existsSync(join(root, "src"));

/** @param {string} version e.g. "v20.20.2" */
export function isNewEnough(version) {
  const wanted = numbers(manifest.engines.node);
  const have = numbers(version);
  return have[0] > wanted[0] || (have[0] === wanted[0] && have[1] >= wanted[1]);
}

/** glibc keeps what large buffers were in unless told to give it back; elsewhere these mean nothing. */
const thriftyMalloc = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "1048576" };

/**
 * V8 collects its old heap whenever that has doubled. Left to itself it waits at first until there is four times as much, while
 * small dead objects keep the bodies of answered calls; and when busy it collects again and again.
 */
const steadyGrowth = "--heap-growing-percent=100";

/**
 * Makes this process small. V8 lets its nursery grow to 128 MB on a machine with memory to spare, more than the gateway needs in
 * all (and a very small one costs CPU time); the size can only be set as Node starts, so the process becomes itself once more
 * with the flag. Comes back where that has happened already, or cannot happen (Windows, worker of a debugger): then the gateway
 * is larger, not worse.
 * In a checkout, compiled sources are kept, which saves loading the compiler.
 * @param {readonly string[]} args
 */
export function runLean(args) {
  setFlagsFromString(steadyGrowth);
  if (isCheckout) module.enableCompileCache?.(join(root, "node_modules", ".cache", "polygate"));
  const flag = "--max-semi-space-size";
  if (process.execve === undefined || process.execArgv.some((given) => given.startsWith(flag) || given.startsWith("--inspect")))
    return;
  const flags = [...process.execArgv, `${flag}=16`, "--disable-warning=ExperimentalWarning"];
  try {
    process.execve(process.execPath, [process.execPath, ...flags, ...args], { ...thriftyMalloc, ...process.env });
  } catch {
    // Not on this platform.
  }
}

/**
 * Runs `node <args>` on a Node that is new enough, with that Node first on the PATH, and ends this process as it ended.
 * @param {readonly string[]} args
 */
export function runOnOwnNode(args) {
  const node = isNewEnough(process.version) ? process.execPath : (installedNode() ?? fetchedNode());
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`;
  // Before the child is there: a signal may come as soon as it is, and must not end this process alone.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const child = spawn(node, args, { stdio: "inherit", env: { ...process.env, PATH: path } });
  onOrphaned(() => child.kill("SIGTERM"));
  child.on("error", (error) => stop(`${node} did not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/**
 * Tells when npm has ended beneath this process. npm runs scripts through a shell, and a shell that is told to stop passes
 * that on to nobody: `kill` on `npm start` would leave its server running.
 * @param {() => void} listener
 */
export function onOrphaned(listener) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    listener();
  }, 500);
  timer.unref();
}

/** The project's own Node, as `npm ci` or an earlier start left it. */
function installedNode() {
  const name = platformPackage();
  const places = ["node", name, join("node", "node_modules", name)].map((place) => join(root, "node_modules", place));
  places.push(join(root, ".toolchain", "node_modules", name));
  return places.flatMap((place) => [join(place, "bin", "node"), join(place, "bin", "node.exe")]).find(works);
}

function fetchedNode() {
  const wanted = `Polygate needs Node ${manifest.engines.node}; this is ${process.version}.`;
  const byHand = "Install a newer Node from https://nodejs.org and run the same command again.";
  if (!isCheckout) stop(`${wanted} ${byHand}`);
  const spec = `${platformPackage()}@${manifest.devDependencies.node}`;
  const command = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", ".toolchain", spec];
  say(`${wanted} Fetching one for this project alone, once (about 120 MB): npm ${command.join(" ")}`);
  const done = npm(command);
  const node = done.status === 0 ? installedNode() : undefined;
  if (node === undefined)
    stop(`No Node ${manifest.devDependencies.node} for ${process.platform} ${process.arch} came of it. ${byHand}`);
  return node;
}

/** @param {readonly string[]} args */
function npm(args) {
  const script = process.env.npm_execpath;
  // Its output goes to stderr: stdout belongs to the command that was asked for.
  const options = { cwd: root, stdio: ["ignore", 2, 2] };
  if (script?.endsWith(".js")) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}

/** Name of the npm package that holds Node's binary for this machine. */
function platformPackage() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  return `${platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node"}-${platform}-${process.arch}`;
}

/** @param {string} node */
function works(node) {
  if (!existsSync(node)) return false;
  const answer = spawnSync(node, ["--version"], { encoding: "utf8" });
  return answer.status === 0 && isNewEnough(answer.stdout);
}

/** @param {string} text @returns {number[]} */
function numbers(text) {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** @param {string} sentence */
function say(sentence) {
  process.stderr.write(`polygate: ${sentence}\n`);
}

/** @param {string} sentence @returns {never} */
function stop(sentence) {
  say(sentence);
  process.exit(1);
}
