import { accessSync, constants, mkdirSync, readFileSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Files } from "./contract.ts";

/** What `read` gives; undefined where there is nothing at that path. Throws the system's other errors. */
export function present<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
}

/** This machine's files, with the rights of this process. */
export const systemFiles: Files = {
  bytes: (path) => present(() => readFileSync(path)),
  write(path, text, mode) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
  },
  stat: (path) =>
    present(() => {
      const facts = statSync(path);
      return {
        kind: facts.isFile() ? "file" : facts.isDirectory() ? "directory" : "other",
        mode: facts.mode & 0o777,
        own: process.getuid === undefined || facts.uid === process.getuid(),
      };
    }),
  writable(path) {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  freeBytes(path) {
    try {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    } catch {
      return undefined;
    }
  },
};
