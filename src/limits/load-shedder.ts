import { GatewayError } from "../canonical/error.ts";
import type { Clock, Random } from "../canonical/ports.ts";

export interface LoadShedderOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls at a time; undefined: as many as the machine bears. */
  readonly most?: number | undefined;
  /** What part of the memory that the process may have is in use, 0 to 1. Asked once a tick. */
  readonly memory: () => number;
  /** How long work may wait for its turn before calls are turned away, in milliseconds. Default 25. */
  readonly targetMs?: number | undefined;
}

export interface LoadView {
  readonly underWay: number;
  /** Of the calls that come, the part that is taken: 1 where nothing is turned away. */
  readonly taken: number;
  /** How long work last waited for its turn, in milliseconds. */
  readonly lagMs: number;
  /** Calls turned away since the start. */
  readonly refused: number;
}

const TICK_MS = 50;
/** From which part of the memory on calls are turned away, and from which on all of them. */
const MEMORY_HIGH = 0.85;
const MEMORY_FULL = 0.95;
/** Some are always let through, or nobody would notice that it is over. */
const LEAST = 0.02;
/** From the least to all within five seconds. */
const RECOVERY = 1.05;

/**
 * Turns calls away while the process has more to do than it can, early and cheaply, so that those it takes are served as fast
 * as ever. What it goes by is how late its own timer runs: everything that is ready waits as long for its turn. The part of the
 * calls that is taken shrinks while that is too long, in proportion, and grows back by small steps.
 */
export class LoadShedder {
  readonly #options: LoadShedderOptions;
  readonly #target: number;
  #underWay = 0;
  #taken = 1;
  #lagMs = 0;
  #refused = 0;
  #stop: (() => void) | undefined;

  constructor(options: LoadShedderOptions) {
    this.#options = options;
    this.#target = options.targetMs ?? 25;
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
    const { most, random } = this.#options;
    if (most !== undefined && this.#underWay >= most) {
      this.#refused++;
      throw busy(`This gateway serves ${most} calls at a time (limits.concurrent_calls) and has as many now.`, random);
    }
    if (this.#taken < 1 && random.next() >= this.#taken) {
      this.#refused++;
      throw busy("This gateway has more to do than it can, and takes fewer calls for the moment.", random);
    }
    this.#underWay++;
  }

  /** A call that was taken is over. */
  release(): void {
    this.#underWay--;
  }

  view(): LoadView {
    return { underWay: this.#underWay, taken: this.#taken, lagMs: this.#lagMs, refused: this.#refused };
  }

  #look(lagMs: number): void {
    this.#lagMs = lagMs;
    const memory = this.#options.memory();
    if (memory >= MEMORY_FULL) this.#taken = 0;
    else if (memory >= MEMORY_HIGH) this.#taken = Math.max(LEAST, this.#taken * 0.8);
    else if (lagMs > this.#target) {
      const excess = Math.min(1, (lagMs - this.#target) / this.#target);
      this.#taken = Math.max(LEAST, this.#taken * (1 - 0.5 * excess));
    } else this.#taken = Math.min(1, Math.max(LEAST, this.#taken) * RECOVERY);
  }
}

/** Those who are turned away together do not come back together. */
function busy(message: string, random: Random): GatewayError {
  const retryAfterMs = 1000 + Math.floor(random.next() * 2000);
  return new GatewayError("gateway_overloaded", `${message} Try again in ${Math.ceil(retryAfterMs / 1000)} s.`, { retryAfterMs });
}
