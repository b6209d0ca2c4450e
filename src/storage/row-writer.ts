import type { Worker } from "node:worker_threads";
import type { Clock } from "../canonical/ports.ts";
import { Backlog, type BacklogLimits } from "./backlog.ts";
import { Feeder } from "./feeder.ts";
import type { Cell } from "./protocol.ts";

/** How the writing goes, in counts since the start. */
export interface WriterHealth {
  /** Rows given and not yet committed, and their approximate size. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly written: number;
  /** Given again after a worker's death, and recognised: no harm. */
  readonly repeated: number;
  /** Rows lost because the backlog was full, or the writer closed. More than zero: there is a gap. */
  readonly dropped: number;
  /** Rows the database refused for their content. More than zero: there is a gap. */
  readonly refused: number;
  readonly workerRestarts: number;
  /** Why rows are not being written just now. Calls may go on: rows wait in memory. */
  readonly trouble?: string | undefined;
  /** Rows are being dropped just now, because memory for waiting rows is used up. */
  readonly losing: boolean;
}

export interface RowWriterOptions {
  /** Whose rows they are, for messages: "ledger". */
  readonly what: string;
  readonly clock: Clock;
  /** Starts a worker thread that speaks `protocol.ts` and notes its last commit in `committed`. */
  readonly startWorker: (committed: BigInt64Array) => Worker;
  readonly limits?: Partial<BacklogLimits> | undefined;
  /** See FeederOptions. */
  readonly yields?: boolean | undefined;
  /**
   * How long rows gather before they are handed over, in milliseconds: what a sudden death loses at most. A hand-over
   * costs both threads some 150 µs of CPU however few its rows. Default 5.
   */
  readonly groupMs?: number | undefined;
  /** Told whenever writing begins to fail, and of gaps. For the log. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

/** A row on its way. */
export interface Row {
  /** Appends its cells; gives the row's approximate size in bytes. Called once, when the row's group is handed over. */
  appendTo(cells: Cell[]): number;
}

const defaultLimits: BacklogLimits = { rows: 100_000, bytes: 64 * 1024 * 1024, inFlight: 4 };
const groupRows = 256;

/**
 * Writes rows behind the caller's back, by a worker thread. A row is pushed to an array, and nothing more; every `groupMs` the
 * array goes to the worker in groups of up to 256 rows, each one message and one transaction. A group is kept until the worker
 * has committed it.
 *
 * When the database cannot be written (locked, disk full), rows wait here up to the limits; past them the newest are dropped,
 * counted and reported. Calls never wait.
 */
export class RowWriter {
  readonly #what: string;
  readonly #clock: Clock;
  readonly #groupMs: number;
  readonly #onTrouble: (message: string) => void;
  readonly #backlog: Backlog;
  readonly #feeder: Feeder;
  #rows: Row[] = [];
  #timing = false;
  #launched = false;
  #lastId = 0;
  #closing: Promise<WriterHealth> | undefined;
  #dropped = 0;
  #gap: string | undefined;

  /** The worker is started with the first row, unless `launch` was called before. */
  constructor(options: RowWriterOptions) {
    const { clock, startWorker, what, yields } = options;
    this.#what = what;
    this.#clock = clock;
    this.#groupMs = options.groupMs ?? 5;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#backlog = new Backlog({ ...defaultLimits, ...options.limits });
    this.#feeder = new Feeder({ what, clock, startWorker, backlog: this.#backlog, yields, onTrouble: this.#onTrouble });
  }

  /** Starts the worker and waits until it has the database open. Throws StorageError if it cannot. */
  launch(): Promise<void> {
    this.#launched = true;
    return this.#feeder.launch();
  }

  push(row: Row): void {
    this.#rows.push(row);
    if (!this.#launched) {
      this.#launched = true;
      this.#feeder.launchBehind();
    }
    if (!this.#timing) this.#startTimer();
  }

  /** Resolves once every row pushed before is committed, or counted as dropped. Waits as long as that takes. */
  flush(): Promise<void> {
    this.#group();
    return this.#feeder.committed(this.#lastId);
  }

  /**
   * Flushes, closes the database and ends the worker. What is not written after `deadlineMs` is given up and counted, as is
   * every row that comes later.
   */
  close(deadlineMs = 5000): Promise<WriterHealth> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  health(): WriterHealth {
    const feeder = this.#feeder;
    this.#harvest();
    return {
      queued: this.#rows.length + this.#backlog.rows,
      queuedBytes: this.#backlog.bytes,
      written: feeder.confirmed - feeder.repeated - feeder.refused,
      repeated: feeder.repeated,
      dropped: this.#dropped,
      refused: feeder.refused,
      workerRestarts: feeder.restarts,
      trouble: this.#gap ?? feeder.trouble,
      losing: this.#gap !== undefined,
    };
  }

  async #close(deadlineMs: number): Promise<WriterHealth> {
    let stopTimer = (): void => {};
    const late = new Promise<void>((resolve) => {
      stopTimer = this.#clock.after(deadlineMs, resolve);
    });
    await Promise.race([this.flush(), late]);
    await this.#feeder.end(late);
    stopTimer();
    this.#group();
    this.#drop(this.#backlog.abandon(), `the ${this.#what} was closed before they were written`);
    return this.health();
  }

  #startTimer(): void {
    this.#timing = true;
    this.#clock.after(this.#groupMs, () => {
      this.#timing = false;
      this.#group();
      this.#feeder.feed();
      if (this.#backlog.waiting && this.#closing === undefined) this.#startTimer();
    });
  }

  /** Moves what was pushed into the backlog. */
  #group(): void {
    const given = this.#rows;
    if (given.length === 0) return;
    this.#rows = [];
    this.#harvest();
    for (let from = 0; from < given.length; from += groupRows) {
      const cells: Cell[] = [];
      const to = Math.min(from + groupRows, given.length);
      let bytes = 0;
      for (let at = from; at < to; at++) bytes += given[at]?.appendTo(cells) ?? 0;
      const batch = { id: this.#lastId + 1, rows: to - from, bytes, cells };
      if (this.#backlog.closed) this.#drop(batch.rows, `the ${this.#what} is closed`);
      else if (this.#backlog.add(batch)) this.#lastId++;
      else this.#drop(batch.rows, "the backlog of rows is full");
    }
  }

  #harvest(): void {
    this.#feeder.harvest();
    if (this.#backlog.rows === 0 && !this.#backlog.closed) this.#gap = undefined;
  }

  #drop(rows: number, reason: string): void {
    if (rows === 0) return;
    this.#dropped += rows;
    // Said once per gap, not once per group.
    if (this.#gap !== undefined) return;
    this.#gap = `Rows of the ${this.#what} are being lost: ${reason}.`;
    this.#onTrouble(this.#gap);
  }
}
