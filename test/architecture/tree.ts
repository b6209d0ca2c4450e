import { globSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { examine, type Module } from "./facts.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const folders: readonly string[] = ["src", "test", "bench", "scripts"];

/** Every TypeScript module of the project, parsed. */
export function readTree(): readonly Module[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .map((path) => examine(path.split(sep).join("/"), readFileSync(join(root, path), "utf8")));
}

/** The ratchet: numbers that may only fall. */
export function readRatchet(): unknown {
  return JSON.parse(readFileSync(join(root, "test/architecture/ratchet.json"), "utf8"));
}
