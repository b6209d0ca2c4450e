import type { Clock } from "../canonical/ports.ts";

export interface StoreLimits {
  /** How long a thing is remembered after it was last told or asked for, in milliseconds. */
  readonly ttlMs: number;
  /** Approximate bytes, in all and of one owner. */
  readonly bytes: number;
  readonly ownerBytes: number;
  /** Things, in all and of one owner. */
  readonly entries: number;
  readonly ownerEntries: number;
}

export const storeLimits: StoreLimits = {
  ttlMs: 6 * 3_600_000,
  bytes: 128 * 1024 ** 2,
  ownerBytes: 32 * 1024 ** 2,
  entries: 100_000,
  ownerEntries: 20_000,
};

/** A thing to be remembered. */
export interface Memory {
  /** What it is found by; several things may share an id. */
  readonly ids: Iterable<string>;
  /** It begins to be remembered: gives the bytes that it takes. Called once. */
  hold(): number;
  /** It is forgotten: gives the bytes that are free now. Called once, after `hold`. */
  release(): number;
}

interface Kept<M extends Memory> {
  readonly owner: Owner<M>;
  readonly memory: M;
  readonly ids: ReadonlySet<string>;
  expiresAt: number;
}

class Owner<M extends Memory> {
  readonly name: string;
  readonly byId = new Map<string, Kept<M>[]>();
  /** Oldest first. */
  readonly kept = new Set<Kept<M>>();
  bytes = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** Some providers count their ids anew in every conversation: so many things may share one. */
const mostOfOneId = 16;

/** What one owner is remembered for. */
export interface Owned<M extends Memory> {
  has(id: string): boolean;
  /** The things of this id, the oldest first. Being asked for prolongs their life. */
  find(id: string): readonly M[];
  /** The same, without prolonging anything. */
  peek(id: string): readonly M[];
}

/**
 * Remembers things by their ids, each owner's apart from all others', in memory: bounded, the oldest forgotten first. An owner
 * of whom nothing is remembered costs one look-up.
 */
export class OwnedStore<M extends Memory> {
  readonly #clock: Pick<Clock, "now">;
  readonly #limits: StoreLimits;
  readonly #owners = new Map<string, Owner<M>>();
  /** Of all owners, in the order of their expiry. */
  readonly #kept = new Set<Kept<M>>();
  #bytes = 0;

  constructor(clock: Pick<Clock, "now">, limits: Partial<StoreLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...storeLimits, ...limits };
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What an owner's ids lead to; undefined where nothing of the owner is remembered. */
  of(name: string): Owned<M> | undefined {
    if (this.#owners.size === 0) return undefined;
    this.#expire();
    const found = this.#owners.get(name);
    if (found === undefined) return undefined;
    return {
      has: (id) => found.byId.has(id),
      find: (id) => [...(found.byId.get(id) ?? [])].map((kept) => this.#used(kept)),
      peek: (id) => (found.byId.get(id) ?? []).map(({ memory }) => memory),
    };
  }

  /** False where the thing is too large to be remembered at all. */
  remember(name: string, memory: M): boolean {
    const { ownerBytes, bytes, ownerEntries, entries, ttlMs } = this.#limits;
    this.#expire();
    const held = memory.hold();
    if (held > Math.min(ownerBytes, bytes)) {
      memory.release();
      return false;
    }
    const owner = this.#owners.get(name) ?? new Owner<M>(name);
    const kept: Kept<M> = { owner, memory, ids: new Set(memory.ids), expiresAt: this.#clock.now() + ttlMs };
    for (const id of kept.ids) {
      const [oldest, ...others] = owner.byId.get(id) ?? [];
      if (oldest !== undefined && others.length + 1 >= mostOfOneId) this.#forget(oldest);
      owner.byId.set(id, [...(owner.byId.get(id) ?? []), kept]);
    }
    this.#owners.set(name, owner);
    owner.kept.add(kept);
    this.#kept.add(kept);
    owner.bytes += held;
    this.#bytes += held;
    while (owner.bytes > ownerBytes || owner.kept.size > ownerEntries) if (!this.#forgetFirst(owner.kept)) break;
    while (this.#bytes > bytes || this.#kept.size > entries) if (!this.#forgetFirst(this.#kept)) break;
    return true;
  }

  /** Forgets the things of this id that `which` picks; gives how many they were. */
  forget(name: string, id: string, which: (memory: M) => boolean): number {
    const found = (this.#owners.get(name)?.byId.get(id) ?? []).filter(({ memory }) => which(memory));
    for (const kept of found) this.#forget(kept);
    return found.length;
  }

  #used(kept: Kept<M>): M {
    kept.expiresAt = this.#clock.now() + this.#limits.ttlMs;
    for (const order of [this.#kept, kept.owner.kept]) {
      order.delete(kept);
      order.add(kept);
    }
    return kept.memory;
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const kept of this.#kept) {
      if (kept.expiresAt > now) return;
      this.#forget(kept);
    }
  }

  #forgetFirst(order: ReadonlySet<Kept<M>>): boolean {
    for (const kept of order) {
      this.#forget(kept);
      return true;
    }
    return false;
  }

  #forget(kept: Kept<M>): void {
    const { owner, memory, ids } = kept;
    if (!this.#kept.delete(kept)) return;
    owner.kept.delete(kept);
    const free = memory.release();
    owner.bytes -= free;
    this.#bytes -= free;
    for (const id of ids) {
      const left = (owner.byId.get(id) ?? []).filter((other) => other !== kept);
      if (left.length > 0) owner.byId.set(id, left);
      else owner.byId.delete(id);
    }
    if (owner.kept.size === 0) this.#owners.delete(owner.name);
  }
}
