import type { Worker } from "node:worker_threads";
import type { AttemptEnd, AttemptLog, AttemptStart, Clock, OpenAttempt } from "../canonical/ports.ts";
import { Backlog, type BacklogLimits } from "./backlog.ts";
import { appendRow, type Cell, type Outcome } from "./entry.ts";
import { Feeder } from "./feeder.ts";

/** How the writing of the ledger goes, in counts since the start. */
export interface LedgerHealth {
  /** Attempts begun and not ended. */
  readonly open: number;
  /** Rows ended and not yet committed, and their approximate size. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly written: number;
  /** Given again after a worker's death, and recognised: no harm. */
  readonly repeated: number;
  /** Rows lost because the backlog was full, or the ledger closed. More than zero: the books have a gap. */
  readonly dropped: number;
  /** Rows the database refused for their content. More than zero: the books have a gap. */
  readonly refused: number;
  readonly workerRestarts: number;
  /** Why rows are not being written just now. Calls may go on: rows wait in memory. */
  readonly trouble?: string | undefined;
  /** Rows are being dropped just now, because memory for waiting rows is used up. Calls that must be booked may not go on. */
  readonly losing: boolean;
}

export interface LedgerWriterOptions {
  readonly clock: Clock;
  /** Starts a worker thread that speaks `protocol.ts` and notes its last commit in `committed`. */
  readonly startWorker: (committed: BigInt64Array) => Worker;
  readonly limits?: Partial<BacklogLimits> | undefined;
  /**
   * How long ended attempts gather before they are handed over, in milliseconds: what a sudden death loses at most. A hand-over
   * costs both threads some 150 µs of CPU however few its rows. Default 5.
   */
  readonly groupMs?: number | undefined;
  /** Told whenever writing begins to fail, and of gaps in the books. For the log. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

const defaultLimits: BacklogLimits = { rows: 100_000, bytes: 64 * 1024 * 1024, inFlight: 4 };
const groupRows = 256;

/**
 * The ledger's main-thread side. An attempt that ends is pushed to an array, and nothing more; every `groupMs` the array goes to the
 * worker in groups of up to 256 rows, each one message and one transaction. A group is kept until the worker has committed it.
 *
 * When the database cannot be written (locked, disk full), rows wait here up to the limits; past them the newest are dropped,
 * counted and reported. Calls never wait.
 */
export class LedgerWriter implements AttemptLog {
  readonly #clock: Clock;
  readonly #groupMs: number;
  readonly #onTrouble: (message: string) => void;
  readonly #backlog: Backlog;
  readonly #feeder: Feeder;
  #ended: OpenEntry[] = [];
  #timing = false;
  #lastId = 0;
  #closing: Promise<LedgerHealth> | undefined;
  #begun = 0;
  #finished = 0;
  #dropped = 0;
  #gap: string | undefined;

  private constructor(options: LedgerWriterOptions) {
    const { clock, startWorker } = options;
    this.#clock = clock;
    this.#groupMs = options.groupMs ?? 5;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#backlog = new Backlog({ ...defaultLimits, ...options.limits });
    this.#feeder = new Feeder({ clock, startWorker, backlog: this.#backlog, onTrouble: this.#onTrouble });
  }

  /** Starts the worker and waits until it has the database open. Throws StorageError if it cannot. */
  static async start(options: LedgerWriterOptions): Promise<LedgerWriter> {
    const writer = new LedgerWriter(options);
    await writer.#feeder.launch();
    return writer;
  }

  begin(start: AttemptStart): OpenAttempt {
    this.#begun++;
    return new OpenEntry(start, this);
  }

  /** For OpenEntry: an attempt has ended. */
  push(entry: OpenEntry): void {
    this.#finished++;
    this.#ended.push(entry);
    if (!this.#timing) this.#startTimer();
  }

  /** Resolves once every attempt that has ended before is committed, or counted as dropped. Waits as long as that takes. */
  flush(): Promise<void> {
    this.#group();
    return this.#feeder.committed(this.#lastId);
  }

  /**
   * Flushes, closes the database and ends the worker. What is not written after `deadlineMs` is given up and counted, as is
   * every attempt that ends later.
   */
  close(deadlineMs = 5000): Promise<LedgerHealth> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  health(): LedgerHealth {
    const feeder = this.#feeder;
    this.#harvest();
    return {
      open: this.#begun - this.#finished,
      queued: this.#ended.length + this.#backlog.rows,
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

  async #close(deadlineMs: number): Promise<LedgerHealth> {
    let stopTimer = (): void => {};
    const late = new Promise<void>((resolve) => {
      stopTimer = this.#clock.after(deadlineMs, resolve);
    });
    await Promise.race([this.flush(), late]);
    await this.#feeder.end(late);
    stopTimer();
    this.#group();
    this.#drop(this.#backlog.abandon(), "the ledger was closed before they were written");
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

  /** Moves what has ended into the backlog. */
  #group(): void {
    const ended = this.#ended;
    if (ended.length === 0) return;
    this.#ended = [];
    this.#harvest();
    for (let from = 0; from < ended.length; from += groupRows) {
      const cells: Cell[] = [];
      const to = Math.min(from + groupRows, ended.length);
      let bytes = 0;
      for (let at = from; at < to; at++) bytes += ended[at]?.appendTo(cells) ?? 0;
      const batch = { id: this.#lastId + 1, rows: to - from, bytes, cells };
      if (this.#backlog.closed) this.#drop(batch.rows, "the ledger is closed");
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
    this.#gap = `Ledger rows are being lost: ${reason}.`;
    this.#onTrouble(this.#gap);
  }
}

/** An attempt under way, and its row once it has ended. */
class OpenEntry implements OpenAttempt {
  readonly #start: AttemptStart;
  readonly #writer: LedgerWriter;
  #end: AttemptEnd | undefined;
  #outcome: Outcome = "settled";

  constructor(start: AttemptStart, writer: LedgerWriter) {
    this.#start = start;
    this.#writer = writer;
  }

  settle(end: AttemptEnd): void {
    this.#finish(end, "settled");
  }

  void(end: AttemptEnd): void {
    this.#finish(end, "void");
  }

  appendTo(cells: Cell[]): number {
    return this.#end === undefined ? 0 : appendRow(cells, this.#start, this.#end, this.#outcome);
  }

  #finish(end: AttemptEnd, outcome: Outcome): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#outcome = outcome;
    this.#writer.push(this);
  }
}
