import { hash, timingSafeEqual } from "node:crypto";
import type { Caller, Labels, LossPolicy } from "../canonical/call.ts";
import { InvariantError } from "../canonical/invariant.ts";

/** A key of the configuration. */
export interface Key {
  readonly id: string;
  /** The secret's text. It is hashed at once and not kept. */
  readonly secret: string;
  readonly labels: Labels;
  readonly losses?: LossPolicy | undefined;
}

interface Held {
  readonly caller: Caller;
  readonly digest: Buffer;
}

/**
 * Who a presented secret belongs to. Secrets are held and looked up as full SHA-256 digests, so that neither a heap dump nor
 * the time a look-up takes tells anything about them: which digests stand next to each other is nobody's choice.
 */
export class KeyRing {
  readonly #held = new Map<string, Held>();

  constructor(keys: readonly Key[]) {
    for (const { id, secret, labels, losses } of keys) {
      const digest = hash("sha256", secret, "buffer");
      this.#held.set(digest.toString("latin1"), {
        digest,
        caller: { kind: "key", keyId: id, labels, ...(losses && { losses }) },
      });
    }
  }

  get size(): number {
    return this.#held.size;
  }

  find(secret: string): Caller | undefined {
    const digest = hash("sha256", secret, "buffer");
    const held = this.#held.get(digest.toString("latin1"));
    if (held === undefined) return undefined;
    if (!timingSafeEqual(digest, held.digest)) throw new InvariantError("A key was found that is not the one presented.");
    return held.caller;
  }
}

/** The caller of a gateway without keys. */
export const openCaller: Caller = { kind: "open", keyId: "open", labels: {} };
