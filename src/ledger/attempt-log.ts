import type { Worker } from "node:worker_threads";
import type { AttemptEnd, AttemptLog, AttemptStart, Clock, OpenAttempt } from "../canonical/ports.ts";
import { StorageError } from "../storage/storage-error.ts";
import { Backlog, type BacklogLimits } from "./backlog.ts";
import { appendRow, type Cell, type Outcome } from "./entry.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** How the writing of the ledger goes, in counts since the start. */
export interface LedgerHealth {
  /** Attempts begun and not ended. */
  readonly open: number;
  /** Rows ended and not yet durable, and their approximate size. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly written: number;
  /** Written again after a worker's death, and recognised: no harm. */
  readonly repeated: number;
  /** Rows lost because the backlog was full, or the ledger closed. More than zero: the books have a gap. */
  readonly dropped: number;
  /** Rows the database refused for their content. More than zero: the books have a gap. */
  readonly refused: number;
  readonly workerRestarts: number;
  /** Why rows are not becoming durable just now. */
  readonly trouble?: string | undefined;
}

export interface LedgerWriterOptions {
  readonly clock: Clock;
  /** Starts a worker thread that speaks `protocol.ts`. */
  readonly startWorker: () => Worker;
  readonly limits?: Partial<BacklogLimits> | undefined;
  /** Told once whenever writing begins to fail, and for every gap in the books. For the log. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

const defaultLimits: BacklogLimits = { rows: 100_000, bytes: 64 * 1024 * 1024, inFlight: 4 };
const groupMs = 5;
const groupRows = 256;

/**
 * The ledger's main-thread side. An attempt that ends is pushed to an array, and nothing more; every 5 ms the array goes to the
 * worker in groups of up to 256 rows, each one message and one transaction. A group is kept until the worker has committed it:
 * if the worker dies, another is started and given everything unconfirmed once more, which the unique attempt id makes harmless.
 *
 * When the database cannot be written (locked, disk full), rows wait here up to the limits; past them the newest are dropped,
 * counted and reported. Calls never wait.
 */
export class LedgerWriter implements AttemptLog {
  readonly #clock: Clock;
  readonly #startWorker: () => Worker;
  readonly #onTrouble: (message: string) => void;
  readonly #backlog: Backlog;
  #ended: OpenEntry[] = [];
  #timing = false;
  /** The thread that is up or coming up; `#worker` only once it is ready for batches. */
  #thread: Worker | undefined;
  #worker: Worker | undefined;
  #cancelRestart: () => void = () => {};
  #failures = 0;
  #lastId = 0;
  #confirmedId = 0;
  #waiting: { readonly id: number; readonly resolve: () => void }[] = [];
  #closed = false;
  #begun = 0;
  #finished = 0;
  #written = 0;
  #repeated = 0;
  #dropped = 0;
  #dropping = false;
  #refused = 0;
  #restarts = 0;
  #trouble: string | undefined;

  private constructor(options: LedgerWriterOptions) {
    this.#clock = options.clock;
    this.#startWorker = options.startWorker;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#backlog = new Backlog({ ...defaultLimits, ...options.limits });
  }

  /** Starts the worker and waits until it has the database open. Throws StorageError if it cannot. */
  static async start(options: LedgerWriterOptions): Promise<LedgerWriter> {
    const writer = new LedgerWriter(options);
    await writer.#launch();
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
    if (this.#timing) return;
    this.#timing = true;
    this.#clock.after(groupMs, () => {
      this.#timing = false;
      this.#dispatch();
    });
  }

  /** Resolves once every attempt that has ended before is durable (or counted as dropped). Waits as long as that takes. */
  flush(): Promise<void> {
    this.#dispatch();
    if (this.#confirmedId === this.#lastId) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ id: this.#lastId, resolve }));
  }

  /**
   * Flushes, closes the database and ends the worker. What is not durable after `deadlineMs` is given up and counted. Attempts
   * that end later are counted as dropped.
   */
  async close(deadlineMs = 5000): Promise<LedgerHealth> {
    if (this.#closed) return this.health();
    const flushed = this.flush();
    this.#closed = true;
    let stopTimer: () => void = () => {};
    const late = new Promise<void>((resolve) => {
      stopTimer = this.#clock.after(deadlineMs, resolve);
    });
    const worker = await Promise.race([flushed.then(() => this.#worker), late]);
    if (worker !== undefined) {
      const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage({ kind: "close" } satisfies ToWorker);
      await Promise.race([exited, late]);
    }
    stopTimer();
    this.#cancelRestart();
    this.#worker = undefined;
    this.#drop(this.#backlog.abandon(), "the ledger was closed before they were written");
    await this.#thread?.terminate();
    this.#confirm(this.#lastId);
    return this.health();
  }

  health(): LedgerHealth {
    return {
      open: this.#begun - this.#finished,
      queued: this.#ended.length + this.#backlog.rows,
      queuedBytes: this.#backlog.bytes,
      written: this.#written,
      repeated: this.#repeated,
      dropped: this.#dropped,
      refused: this.#refused,
      workerRestarts: this.#restarts,
      trouble: this.#trouble,
    };
  }

  #dispatch(): void {
    const ended = this.#ended;
    if (ended.length === 0) return;
    this.#ended = [];
    for (let from = 0; from < ended.length; from += groupRows) {
      const cells: Cell[] = [];
      const to = Math.min(from + groupRows, ended.length);
      let bytes = 0;
      for (let at = from; at < to; at++) bytes += ended[at]?.appendTo(cells) ?? 0;
      const batch = { id: this.#lastId + 1, rows: to - from, bytes, cells };
      if (this.#closed) this.#drop(batch.rows, "the ledger is closed");
      else if (this.#backlog.add(batch)) this.#lastId++;
      else this.#drop(batch.rows, "the ledger's backlog is full");
    }
    this.#send();
  }

  #send(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    for (let batch = this.#backlog.next(); batch !== undefined; batch = this.#backlog.next()) {
      worker.postMessage({ kind: "batch", id: batch.id, cells: batch.cells } satisfies ToWorker);
    }
  }

  #launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = this.#startWorker();
      this.#thread = worker;
      let ready = false;
      let fault: unknown;
      worker.on("error", (thrown) => {
        fault = thrown;
      });
      worker.on("message", (message: FromWorker) => {
        if (message.kind !== "ready") return this.#hear(message);
        ready = true;
        this.#worker = worker;
        this.#send();
        resolve();
      });
      worker.once("exit", () => {
        this.#thread = this.#worker = undefined;
        const reason = fault instanceof Error ? fault.message : "its thread ended";
        if (ready) this.#relaunch(reason);
        else reject(new StorageError(`The ledger's writer cannot start: ${reason}`, fault));
      });
    });
  }

  #relaunch(reason: string): void {
    this.#backlog.rewind();
    if (this.#closed && this.#backlog.rows === 0) return;
    this.#say(`The ledger's writer died (${reason}); starting it again.`);
    this.#restarts++;
    this.#cancelRestart = this.#clock.after(Math.min(5000, 50 * 2 ** this.#failures++), () => {
      this.#launch().catch((thrown: unknown) => this.#relaunch(thrown instanceof Error ? thrown.message : "unknown"));
    });
  }

  #hear(message: Exclude<FromWorker, { readonly kind: "ready" }>): void {
    switch (message.kind) {
      case "trouble":
        this.#say(`The ledger cannot be written (${message.reason}); rows wait in memory.`);
        break;
      case "written": {
        const batch = this.#backlog.confirm(message.id);
        if (batch === undefined) return;
        this.#trouble = undefined;
        this.#failures = 0;
        if (this.#backlog.rows === 0) this.#dropping = false;
        this.#written += batch.rows - message.known - message.refused;
        this.#repeated += message.known;
        this.#refused += message.refused;
        if (message.reason !== undefined) this.#onTrouble(`The ledger refused ${message.refused} rows: ${message.reason}.`);
        this.#confirm(message.id);
        this.#send();
        break;
      }
    }
  }

  #confirm(id: number): void {
    this.#confirmedId = id;
    while (this.#waiting[0] !== undefined && this.#waiting[0].id <= id) this.#waiting.shift()?.resolve();
  }

  #drop(rows: number, reason: string): void {
    if (rows === 0) return;
    this.#dropped += rows;
    if (this.#dropping) return;
    this.#dropping = true;
    this.#say(`Ledger rows are being lost: ${reason}.`);
  }

  #say(message: string): void {
    this.#trouble = message;
    this.#onTrouble(message);
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
