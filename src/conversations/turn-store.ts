import type { Clock } from "../canonical/ports.ts";
import { type Memory, OwnedStore, type StoreLimits } from "./owned-store.ts";
import { callsOf, type Turn } from "./turn.ts";

/** See `Told`. */
export interface TurnTold {
  readonly kind: "turn";
  readonly owner: string;
  readonly turn: Turn;
}

/** Remembers turns by the ids of their tool calls; see OwnedStore. */
export class TurnStore {
  readonly #store: OwnedStore<KeptTurn>;

  readonly #tell: ((told: TurnTold) => void) | undefined;

  /** @param tell told of every turn that is remembered here first */
  constructor(clock: Pick<Clock, "now">, limits: Partial<StoreLimits> = {}, tell?: (told: TurnTold) => void) {
    this.#store = new OwnedStore(clock, limits);
    this.#tell = tell;
  }

  get size(): number {
    return this.#store.size;
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  /** What an owner's ids lead to; undefined where nothing of the owner is remembered. */
  of(owner: string): Turns | undefined {
    const found = this.#store.of(owner);
    return found && { has: (id) => found.has(id), find: (id) => found.find(id).map(({ turn }) => turn) };
  }

  /** False where the turn is too large to be remembered at all. */
  remember(owner: string, turn: Turn): boolean {
    this.#tell?.({ kind: "turn", owner, turn });
    return this.hear(owner, turn);
  }

  /** Another process remembers this turn. */
  hear(owner: string, turn: Turn): boolean {
    const kept = new KeptTurn(turn);
    for (const id of kept.ids) this.#store.forget(owner, id, (other) => isAlike(other.turn, turn));
    return this.#store.remember(owner, kept);
  }
}

class KeptTurn implements Memory {
  readonly turn: Turn;
  readonly ids: ReadonlySet<string>;

  constructor(turn: Turn) {
    this.turn = turn;
    this.ids = new Set(callsOf(turn.parts).map(({ id }) => id));
  }

  hold(): number {
    return this.turn.bytes;
  }

  release(): number {
    return this.turn.bytes;
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
  return a.bytes === b.bytes && JSON.stringify(a.parts) === JSON.stringify(b.parts);
}
