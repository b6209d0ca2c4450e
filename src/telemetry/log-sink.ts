import type { Clock } from "../canonical/ports.ts";

/** Where lines go: a process's stream, whose `write` takes what it is given at once and writes it when it can. */
export interface LogTarget {
  write(text: string): boolean;
  /** Characters taken and not yet written. */
  readonly writableLength: number;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export interface LogSinkOptions {
  readonly target: LogTarget;
  readonly clock: Pick<Clock, "now">;
  /** Of lines that nobody reads; past it they are dropped. Characters; default 1 MiB. */
  readonly mostWaiting?: number | undefined;
}

/** A reader that is gone may be back: so often it is tried. */
const retryMs = 5000;

/**
 * Writes lines and never waits, throws or grows: a reader that does not read, or is gone, costs lines, which are counted, and
 * nothing else. The first line that goes through again is preceded by one that tells how many did not.
 */
export class LogSink {
  readonly #target: LogTarget;
  readonly #clock: Pick<Clock, "now">;
  readonly #mostWaiting: number;
  #deafUntil = 0;
  #missed = 0;
  dropped = 0;
  written = 0;

  constructor({ target, clock, mostWaiting = 1024 * 1024 }: LogSinkOptions) {
    this.#target = target;
    this.#clock = clock;
    this.#mostWaiting = mostWaiting;
    target.on("error", () => this.#fail());
  }

  /**
   * @param line ends in a newline
   * @param told writes the line that tells of `missed` lines
   */
  write(line: string, told: (missed: number) => string): void {
    const target = this.#target;
    if (target.writableLength + line.length > this.#mostWaiting || (this.#deafUntil > 0 && this.#clock.now() < this.#deafUntil)) {
      this.#missed++;
      this.dropped++;
      return;
    }
    const missed = this.#missed;
    this.#missed = 0;
    this.#deafUntil = 0;
    try {
      target.write(missed > 0 ? told(missed) + line : line);
      this.written++;
    } catch {
      this.#missed = missed;
      this.#fail();
    }
  }

  /** One line at least is lost, and until some time has passed the next ones are not tried. */
  #fail(): void {
    this.#missed++;
    this.dropped++;
    this.#deafUntil = this.#clock.now() + retryMs;
  }
}
