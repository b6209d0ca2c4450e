import { GatewayError } from "../canonical/error.ts";
import type { Clock, Random } from "../canonical/ports.ts";

export interface LoadShedderOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls at a time; undefined: as many as the machine bears. */
  readonly most?: number | undefined;
  /** What part of the memory that the process may have is in use, 0 to 1. Asked once a tick. */
  readonly memory: () => number;
  /** How long work may wait for its turn before calls are turned away, in milliseconds; infinite: as long as it takes. */
  readonly targetMs: number;
}

export interface LoadView {
  readonly underWay: number;
  /** Of the calls that come, the part that is taken: 1 where nothing is turned away. */
  readonly taken: number;
  /** How long work waits for its turn, in milliseconds: the shortest wait of late. */
  readonly lagMs: number;
  /** Calls turned away since the start. */
  readonly refused: number;
}

const TICK_MS = 50;
/**
 * So many looks in a row must find a wait that is too long. A collection of garbage, a large body or a neighbour on the machine
 * makes one or two of them long; only a queue that does not empty makes all of them.
 */
const LOOKS = 3;
/** What became ready together is served for so long before the rest of it is turned away: the queue grows no longer than that. */
const TURN_MS = 150;
/** So many calls at least are served in a turn, however long one of them takes. */
const TURN_CALLS = 16;
/** From which part of the memory on calls are turned away, and from which on all of them. */
const MEMORY_HIGH = 0.85;
const MEMORY_FULL = 0.95;
/** Some are always let through, or nobody would notice that it is over. */
const LEAST = 0.05;
/** With fewer calls under way it is not calls that keep the process, or the machine, busy: turning them away would mend nothing. */
const FEW_CALLS = 16;
/** The most that the part taken shrinks at a look. */
const SHRINK = 0.6;
/** From the least to all within five seconds. */
const RECOVERY = 1.03;

/**
 * Turns calls away while the process has more to do than it can, early and cheaply, so that those it takes are served as fast
 * as ever. What it goes by is how late its own timer runs: everything that is ready waits as long for its turn. The part of the
 * calls that is taken shrinks while that is too long, in proportion, and grows back by small steps.
 */
export class LoadShedder {
  readonly #options: LoadShedderOptions;
  readonly #target: number;
  #underWay = 0;
  /** Since the last look: when the first call came, and how many were taken. */
  #turnBegan = 0;
  #turnCalls = 0;
  #taken = 1;
  readonly #lags: number[] = [];
  #refused = 0;
  /** Of memory. */
  #short = false;
  #stop: (() => void) | undefined;

  constructor(options: LoadShedderOptions) {
    this.#options = options;
    this.#target = options.targetMs;
  }

  /** Begins to watch. */
  start(): void {
    const { clock } = this.#options;
    const due = clock.now() + TICK_MS;
    this.#stop = clock.after(TICK_MS, () => {
      this.#look(clock.now() - due);
      this.start();
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /**
   * Takes a call, which must be given back by `release()`. Throws GatewayError `gateway_overloaded` (503), with a time after
   * which to try again, where it is turned away.
   */
  admit(): void {
    const { most, random, clock } = this.#options;
    if (most !== undefined && this.#underWay >= most) {
      this.#refused++;
      throw busy(`This gateway serves ${most} calls at a time (limits.concurrent_calls) and has as many now.`, random);
    }
    const now = clock.now();
    if (this.#turnCalls === 0) this.#turnBegan = now;
    const longTurn =
      this.#stop !== undefined &&
      this.#target < Number.POSITIVE_INFINITY &&
      this.#turnCalls >= TURN_CALLS &&
      now - this.#turnBegan > TURN_MS;
    const many = this.#underWay >= FEW_CALLS || this.#short;
    if (many && (longTurn || (this.#taken < 1 && random.next() >= this.#taken))) {
      this.#refused++;
      throw busy("This gateway has more to do than it can, and takes fewer calls for the moment.", random);
    }
    this.#turnCalls++;
    this.#underWay++;
  }

  /** A call that was taken is over. */
  release(): void {
    this.#underWay--;
  }

  view(): LoadView {
    return {
      underWay: this.#underWay,
      taken: this.#taken,
      lagMs: this.#lags.length === 0 ? 0 : Math.min(...this.#lags),
      refused: this.#refused,
    };
  }

  #look(lagMs: number): void {
    this.#turnCalls = 0;
    this.#lags.push(lagMs);
    if (this.#lags.length > LOOKS) this.#lags.shift();
    const wait = this.#lags.length < LOOKS ? 0 : Math.min(...this.#lags);
    const memory = this.#options.memory();
    this.#short = memory >= MEMORY_HIGH;
    if (memory >= MEMORY_FULL) this.#taken = 0;
    else if (memory >= MEMORY_HIGH) this.#taken = Math.max(LEAST, this.#taken * 0.8);
    else if (wait > this.#target) {
      this.#taken = Math.max(LEAST, this.#taken * Math.max(SHRINK, (this.#target / wait) ** 0.3));
      // What this changes is seen by looks that are still to come.
      this.#lags.length = 0;
    } else this.#taken = Math.min(1, Math.max(LEAST, this.#taken) * RECOVERY);
  }
}

/** Those who are turned away together do not come back together. */
function busy(message: string, random: Random): GatewayError {
  const retryAfterMs = 1000 + Math.floor(random.next() * 2000);
  return new GatewayError("gateway_overloaded", `${message} Try again in ${Math.ceil(retryAfterMs / 1000)} s.`, { retryAfterMs });
}
