import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What `npm pack` says of a file. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

/** A tarball, from a clean build. */
export interface Packed {
  readonly files: readonly PackedFile[];
  /** Bytes of the tarball, and of what is in it. */
  readonly size: number;
  readonly unpackedSize: number;
  /** Its hash, as a lock file has it. */
  readonly integrity: string;
  readonly tarball: string;
}

/** The package as a user has it: installed into an empty project, offline, without install scripts. */
export interface Installed extends Packed {
  /** The project it is installed into. */
  readonly project: string;
  /** What npm said. */
  readonly install: SpawnSyncReturns<string>;
  dispose(): void;
}

/** What a build needs of the checkout. */
const sources = ["src", "bin", "README.md", "LICENSE", "package.json", "tsconfig.json", "tsconfig.build.json"];

/** Throws where building, packing or installing fails. */
export function install(): Installed {
  const home = mkdtempSync(join(tmpdir(), "polygate-package-"));
  // Others than this user are to run it.
  chmodSync(home, 0o755);
  try {
    const { tarball, ...packed } = pack(join(home, "stage"));
    const project = join(home, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
    return {
      ...packed,
      tarball,
      project,
      install: installInto(project, tarball),
      dispose: () => rmSync(home, { recursive: true, force: true }),
    };
  } catch (thrown) {
    rmSync(home, { recursive: true, force: true });
    throw thrown;
  }
}

/** Builds the checkout in a folder of its own, and packs it there. */
export function pack(stage: string): Packed {
  for (const source of sources) cpSync(join(root, source), join(stage, source), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(stage, "node_modules"));
  must(run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], { cwd: stage }));
  // A list in some versions of npm, an object by names in others.
  const told: { readonly [key: string]: Omit<Packed, "tarball"> & { readonly filename: string } } = JSON.parse(
    must(run("npm", ["pack", "--ignore-scripts", "--json"], { cwd: stage })).stdout,
  );
  const [one] = Object.values(told);
  if (one === undefined) throw new Error("npm packed nothing");
  const { size, unpackedSize, files, integrity, filename } = one;
  return { size, unpackedSize, files, integrity, tarball: join(stage, filename) };
}

/** From npm's cache alone, which `npm ci` has filled; only where that was emptied since, from the registry. */
function installInto(project: string, tarball: string): SpawnSyncReturns<string> {
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", tarball];
  const offline = run("npm", [...args, "--offline"], { cwd: project });
  if (offline.status === 0 || !/ENOTCACHED/.test(offline.stderr)) return must(offline);
  return must(run("npm", args, { cwd: project }));
}

/** On this very Node, whichever comes first on the PATH otherwise. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: { readonly [name: string]: string }; readonly timeoutMs?: number },
): SpawnSyncReturns<string> {
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
    npm_config_update_notifier: "false",
  };
  return spawnSync(command, [...args], {
    encoding: "utf8",
    timeout: options.timeoutMs ?? 120_000,
    cwd: options.cwd,
    env: { ...env, ...options.env },
  });
}

export function must(done: SpawnSyncReturns<string>): SpawnSyncReturns<string> {
  if (done.status === 0) return done;
  throw new Error(`ended with ${done.status ?? done.signal}:\n${done.stdout}\n${done.stderr}`);
}

/** A package of the checkout as if the project had installed it too. */
export function lend(project: string, ...names: readonly string[]): void {
  for (const name of names) {
    const place = join(project, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    rmSync(place, { force: true, recursive: true });
    symlinkSync(join(root, "node_modules", name), place);
  }
}

export const readManifest = (folder: string): { readonly [key: string]: unknown } =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
