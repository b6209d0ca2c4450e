import { hash, timingSafeEqual } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { platform } from "node:os";
import { dirname, join } from "node:path";
import type { Random } from "../canonical/ports.ts";
import { Secret } from "../canonical/secret.ts";

/** What keeps the gateway from knowing who its operator is. Its message is written for the operator. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
}

export interface AdminKeyOptions {
  readonly dataDir: string;
  /** Overrules the file: the text of `POLYGATE_ADMIN_KEY`. */
  readonly given?: string | undefined;
  readonly random: Pick<Random, "hex">;
  /** Told every key that is in force from now on, so that nothing else may tell it. */
  readonly onKey?: ((key: Secret) => void) | undefined;
  /** Told when the file of a running gateway cannot be used any more. */
  readonly onTrouble: (message: string) => void;
}

/** Where the admin key lies. */
export const adminKeyFile = (dataDir: string): string => join(dataDir, "admin.key");

const variable = "POLYGATE_ADMIN_KEY";
/** 24 characters that somebody made up are guessed sooner than any key of ours; fewer are refused. */
const leastCharacters = 24;

/**
 * The key of the operator's routes: 256 random bits in a file that only its owner can read, made at the first start. It is no
 * caller's key, and no caller's key is this. Held as a digest, and compared in constant time.
 */
export class AdminKey {
  /** The file it was read from; absent where the environment gave it. */
  readonly file: string | undefined;
  /** It was made just now. */
  readonly made: boolean;
  readonly #onTrouble: (message: string) => void;
  #digest: Buffer;
  #seen: string | undefined;
  #told: string | undefined;

  readonly #onKey: (key: Secret) => void;

  private constructor(text: string, file: string | undefined, made: boolean, options: AdminKeyOptions) {
    this.#onKey = options.onKey ?? (() => {});
    this.#onTrouble = options.onTrouble;
    this.#digest = this.#taken(text);
    this.file = file;
    this.made = made;
    this.#seen = file === undefined ? undefined : identity(file);
  }

  /** Reads the key, or makes it where there is none. Throws IdentityError where others could read it, or it is no key. */
  static open(options: AdminKeyOptions): AdminKey {
    const { dataDir, given, random } = options;
    if (given !== undefined) return new AdminKey(checked(given, variable), undefined, false, options);
    const file = adminKeyFile(dataDir);
    const made = create(file, random);
    return new AdminKey(read(file), file, made, options);
  }

  /** True for the admin key alone. */
  matches(presented: string | undefined): boolean {
    return presented !== undefined && timingSafeEqual(digest(presented), this.#digest);
  }

  /** Takes notice of a file that was changed. One that cannot be used is told of once, and the key before stays. */
  look(): void {
    if (this.file === undefined) return;
    const now = identity(this.file);
    if (now === this.#seen) return;
    this.#seen = now;
    try {
      this.#digest = this.#taken(read(this.file));
      this.#told = undefined;
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      if (message !== this.#told) this.#onTrouble(`${message} The admin key of before stays in force.`);
      this.#told = message;
    }
  }

  #taken(text: string): Buffer {
    this.#onKey(new Secret(text));
    return digest(text);
  }
}

/** Puts a new admin key in place of the one there is. A running gateway takes notice. Gives the file's path. Throws IdentityError. */
export function resetAdminKey(dataDir: string, random: Pick<Random, "hex">): string {
  const file = adminKeyFile(dataDir);
  const fresh = written(file, random);
  renameSync(fresh, file);
  syncFolder(dirname(file));
  return file;
}

const digest = (text: string): Buffer => hash("sha256", text, "buffer");

/** Makes the file unless it is there. Whoever comes second, though at the same moment, finds the whole key of the first. */
function create(file: string, random: Pick<Random, "hex">): boolean {
  if (identity(file) !== undefined) return false;
  const fresh = written(file, random);
  try {
    linkSync(fresh, file);
    syncFolder(dirname(file));
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    // A file system without hard links: a key that another process has just made is lost, and its gateway takes notice.
    if (identity(file) !== undefined) return false;
    renameSync(fresh, file);
    return true;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** A new key in a file of its own, beside the one it is for, on the disk. */
function written(file: string, random: Pick<Random, "hex">): string {
  const fresh = `${file}.${random.hex(8)}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(fresh, "wx", 0o600);
    try {
      writeSync(descriptor, `pgadmin_${random.hex(32)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return fresh;
  } catch (thrown) {
    throw new IdentityError(`The admin key cannot be written to ${file} (${codeOf(thrown)}); set ${variable} instead.`);
  }
}

function read(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (thrown) {
    throw new IdentityError(`The admin key in ${file} cannot be read (${codeOf(thrown)}).`);
  }
  try {
    const { mode } = fstatSync(descriptor);
    if (platform() !== "win32" && (mode & 0o077) !== 0) {
      throw new IdentityError(
        `Others than you can read the admin key: run \`chmod 600 ${file}\`, then \`polygate admin key --reset\`.`,
      );
    }
    return checked(readFileSync(descriptor, "utf8").trim(), file);
  } finally {
    closeSync(descriptor);
  }
}

function checked(text: string, from: string): string {
  if (text.length >= leastCharacters && /^[\x21-\x7e]+$/.test(text)) return text;
  throw new IdentityError(
    `${from} holds no admin key: it must be at least ${leastCharacters} visible ASCII characters. \`polygate admin key --reset\` makes one.`,
  );
}

/** Changes whenever the file may have; undefined where there is none. */
function identity(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found && `${found.ino} ${found.mtimeNs} ${found.ctimeNs} ${found.size}`;
}

/** The entry itself is on the disk only then. Not every platform can. */
function syncFolder(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // The key is there; a power cut in this moment costs a reset.
  }
}

const codeOf = (thrown: unknown): string => (thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown));
