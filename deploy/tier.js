/*
 * `node deploy/tier.js extended|full` installs what a larger image has besides: those of the package's optional peers that make the
 * tier, in the version package.json asks for. A tier whose peers are not declared yet is the basic one, and says so.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const embeddings = ["sqlite-vec"];
const localModels = ["node-llama-cpp"];
const tiers = new Map([
  ["extended", embeddings],
  ["full", [...embeddings, ...localModels]],
]);

const [, , tier = ""] = process.argv;
const wanted = tiers.get(tier);
if (wanted === undefined) {
  process.stderr.write(`There is no tier "${tier}"; known: ${[...tiers.keys()].join(", ")}.\n`);
  process.exit(2);
}
const { peerDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const specs = wanted.filter((name) => Object.hasOwn(peerDependencies, name)).map((name) => `${name}@${peerDependencies[name]}`);
if (specs.length === 0) {
  process.stdout.write(`Polygate has no optional packages for the tier "${tier}" yet: it is the basic one.\n`);
} else {
  const args = ["install", "--no-save", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", ...specs];
  process.exit(spawnSync("npm", args, { stdio: "inherit" }).status ?? 1);
}
