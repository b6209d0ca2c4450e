import type { Clock } from "../canonical/ports.ts";
import { callsOf, sameCall, type Turn } from "./turn.ts";

export interface TurnLimits {
  /** How long a turn is remembered after it was last told or asked for, in milliseconds. */
  readonly ttlMs: number;
  /** Approximate bytes, in all and of one owner. */
  readonly bytes: number;
  readonly ownerBytes: number;
  /** Turns, in all and of one owner. */
  readonly turns: number;
  readonly ownerTurns: number;
}

export const turnLimits: TurnLimits = {
  ttlMs: 6 * 3_600_000,
  bytes: 128 * 1024 ** 2,
  ownerBytes: 32 * 1024 ** 2,
  turns: 100_000,
  ownerTurns: 20_000,
};

interface Kept {
  readonly owner: Owner;
  readonly turn: Turn;
  expiresAt: number;
}

class Owner {
  readonly name: string;
  readonly byCall = new Map<string, Kept[]>();
  /** Oldest first. */
  readonly kept = new Set<Kept>();
  bytes = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** Some providers count their calls anew in every conversation: so many turns may share an id. */
const mostOfOneId = 16;

/**
 * Remembers turns by the ids of their tool calls, each owner's apart from all others', in memory: bounded, the oldest forgotten
 * first. An owner of whom nothing is remembered costs one look-up.
 */
export class TurnStore {
  readonly #clock: Pick<Clock, "now">;
  readonly #limits: TurnLimits;
  readonly #owners = new Map<string, Owner>();
  /** Of all owners, in the order of their expiry. */
  readonly #kept = new Set<Kept>();
  #bytes = 0;

  constructor(clock: Pick<Clock, "now">, limits: Partial<TurnLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...turnLimits, ...limits };
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What an owner's ids lead to; undefined where nothing of the owner is remembered. */
  of(owner: string): Turns | undefined {
    if (this.#owners.size === 0) return undefined;
    this.#expire();
    const found = this.#owners.get(owner);
    return found === undefined
      ? undefined
      : { has: (id) => found.byCall.has(id), find: (id) => (found.byCall.get(id) ?? []).map((kept) => this.#used(kept)) };
  }

  /** False where the turn is too large to be remembered at all. */
  remember(name: string, turn: Turn): boolean {
    const { ownerBytes, bytes, ownerTurns, turns, ttlMs } = this.#limits;
    if (turn.bytes > Math.min(ownerBytes, bytes)) return false;
    this.#expire();
    const owner = this.#owners.get(name) ?? new Owner(name);
    const ids = new Set(callsOf(turn.parts).map(({ id }) => id));
    for (const id of ids) for (const same of owner.byCall.get(id) ?? []) if (isAlike(same.turn, turn)) this.#forget(same);
    const kept: Kept = { owner, turn, expiresAt: this.#clock.now() + ttlMs };
    for (const id of ids) {
      const others = owner.byCall.get(id) ?? [];
      const [oldest] = others;
      if (oldest !== undefined && others.length >= mostOfOneId) this.#forget(oldest);
      owner.byCall.set(id, [...(owner.byCall.get(id) ?? []), kept]);
    }
    this.#owners.set(name, owner);
    owner.kept.add(kept);
    this.#kept.add(kept);
    owner.bytes += turn.bytes;
    this.#bytes += turn.bytes;
    while (owner.bytes > ownerBytes || owner.kept.size > ownerTurns) if (!this.#forgetFirst(owner.kept)) break;
    while (this.#bytes > bytes || this.#kept.size > turns) if (!this.#forgetFirst(this.#kept)) break;
    return true;
  }

  #used(kept: Kept): Turn {
    kept.expiresAt = this.#clock.now() + this.#limits.ttlMs;
    for (const order of [this.#kept, kept.owner.kept]) {
      order.delete(kept);
      order.add(kept);
    }
    return kept.turn;
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const kept of this.#kept) {
      if (kept.expiresAt > now) return;
      this.#forget(kept);
    }
  }

  #forgetFirst(order: ReadonlySet<Kept>): boolean {
    for (const kept of order) {
      this.#forget(kept);
      return true;
    }
    return false;
  }

  #forget(kept: Kept): void {
    const { owner, turn } = kept;
    if (!this.#kept.delete(kept)) return;
    owner.kept.delete(kept);
    owner.bytes -= turn.bytes;
    this.#bytes -= turn.bytes;
    for (const { id } of callsOf(turn.parts)) {
      const left = (owner.byCall.get(id) ?? []).filter((other) => other !== kept);
      if (left.length > 0) owner.byCall.set(id, left);
      else owner.byCall.delete(id);
    }
    if (owner.kept.size === 0) this.#owners.delete(owner.name);
  }
}

/** One owner's turns. */
export interface Turns {
  has(callId: string): boolean;
  /** The turns in which a call of this id was made. Being asked for prolongs their life. */
  find(callId: string): readonly Turn[];
}

/** The same calls with the same parts: the answer was given twice. */
function isAlike(a: Turn, b: Turn): boolean {
  const [ours, theirs] = [callsOf(a.parts), callsOf(b.parts)];
  return (
    ours.length === theirs.length &&
    ours.every((call, at) => {
      const other = theirs[at];
      return other !== undefined && sameCall(call, other);
    }) &&
    JSON.stringify(a.parts) === JSON.stringify(b.parts)
  );
}
