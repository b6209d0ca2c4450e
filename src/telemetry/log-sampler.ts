import type { Clock } from "../canonical/ports.ts";

export interface SamplerLimits {
  readonly intervalMs: number;
  /** Of lines that say the same: so many per interval are written. */
  readonly alike: number;
  /** Of lines of one event, whatever they say. */
  readonly perEvent: number;
}

const defaults: SamplerLimits = { intervalMs: 10_000, alike: 5, perEvent: 100 };
/** Different lines that are remembered at a time. */
const mostKinds = 500;
/** So much of a text tells whether it is the same. */
const telling = 200;

interface Kind {
  readonly event: string;
  /** Absent: whatever lines of the event said. */
  readonly message?: string | undefined;
  /** When its interval is over. */
  until: number;
  count: number;
  suppressed: number;
}

/** Lines that were not written. */
export interface Repeated {
  readonly event: string;
  readonly message?: string | undefined;
  readonly count: number;
}

/**
 * Thins out floods: of lines that say the same the first few of each interval pass, the others are counted. Costs two look-ups
 * per line.
 */
export class LogSampler {
  readonly #clock: Pick<Clock, "now">;
  readonly #limits: SamplerLimits;
  #kinds = new Map<string, Kind>();
  suppressed = 0;

  constructor(clock: Pick<Clock, "now">, limits?: Partial<SamplerLimits>) {
    this.#clock = clock;
    this.#limits = { ...defaults, ...limits };
  }

  get intervalMs(): number {
    return this.#limits.intervalMs;
  }

  /** Whether the line is to be written. */
  admit(event: string, message: string): boolean {
    const now = this.#clock.now();
    const text = message.length > telling ? message.slice(0, telling) : message;
    const { alike, perEvent } = this.#limits;
    const pass = this.#count(`${event}\n${text}`, event, text, now, alike) && this.#count(event, event, undefined, now, perEvent);
    if (!pass) this.suppressed++;
    return pass;
  }

  /** What was not written since this was asked last. */
  takeRepeated(): readonly Repeated[] {
    const found: Repeated[] = [];
    for (const kind of this.#kinds.values()) {
      if (kind.suppressed === 0) continue;
      found.push({ event: kind.event, message: kind.message, count: kind.suppressed });
      kind.suppressed = 0;
    }
    return found;
  }

  #count(name: string, event: string, message: string | undefined, now: number, most: number): boolean {
    const kind = this.#kinds.get(name);
    if (kind === undefined) {
      this.#forget(now);
      this.#kinds.set(name, { event, message, until: now + this.#limits.intervalMs, count: 1, suppressed: 0 });
      return true;
    }
    if (now >= kind.until) {
      kind.until = now + this.#limits.intervalMs;
      kind.count = 0;
    }
    if (++kind.count <= most) return true;
    kind.suppressed++;
    return false;
  }

  /** Makes room: first those whose interval is over, and if that is not enough those that have nothing to tell. */
  #forget(now: number): void {
    if (this.#kinds.size < mostKinds) return;
    for (const [name, { until, suppressed }] of this.#kinds) if (until <= now && suppressed === 0) this.#kinds.delete(name);
    if (this.#kinds.size < mostKinds) return;
    for (const [name, { suppressed }] of this.#kinds) if (suppressed === 0) this.#kinds.delete(name);
    if (this.#kinds.size >= mostKinds) this.#kinds.clear();
  }
}
