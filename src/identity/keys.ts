import { hash } from "node:crypto";
import type { Caller, Labels, LossPolicy } from "../canonical/call.ts";

/** A key of the configuration. */
export interface Key {
  readonly id: string;
  /** The secret's text. It is hashed at once and not kept. */
  readonly secret: string;
  readonly labels: Labels;
  readonly losses?: LossPolicy | undefined;
}

const digest = (secret: string): string => hash("sha256", secret, "hex");

/**
 * Who a presented secret belongs to. Secrets are held and looked up as full SHA-256 digests, so that neither a heap dump nor
 * the time a look-up takes tells anything about them.
 */
export class KeyRing {
  readonly #callers = new Map<string, Caller>();

  constructor(keys: readonly Key[]) {
    for (const { id, secret, labels, losses } of keys) {
      this.#callers.set(digest(secret), { kind: "key", keyId: id, labels, ...(losses && { losses }) });
    }
  }

  get size(): number {
    return this.#callers.size;
  }

  find(secret: string): Caller | undefined {
    return this.#callers.get(digest(secret));
  }
}

/** The caller of a gateway without keys. */
export const openCaller: Caller = { kind: "open", keyId: "open", labels: {} };
