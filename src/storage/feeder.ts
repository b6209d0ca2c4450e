import type { Worker } from "node:worker_threads";
import type { Clock } from "../canonical/ports.ts";
import type { Backlog } from "./backlog.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { StorageError } from "./storage-error.ts";

export interface FeederOptions {
  /** Whose rows they are, for messages. */
  readonly what: string;
  readonly clock: Clock;
  readonly backlog: Backlog;
  /** Starts a worker thread that speaks `protocol.ts` and notes its last commit in `committed`. */
  readonly startWorker: (committed: BigInt64Array) => Worker;
  /**
   * True: an idle worker lets the process end; one that still has rows does not. Costs a message per hand-over. Default: the
   * process lasts until `end`.
   */
  readonly yields?: boolean | undefined;
  /** Told when writing begins to fail, and when rows were refused. */
  readonly onTrouble: (message: string) => void;
}

/** Keeps one worker alive and hands it the backlog. When a worker dies, the next is given everything unconfirmed once more. */
export class Feeder {
  readonly #options: FeederOptions;
  readonly #committed = new BigInt64Array(new SharedArrayBuffer(8));
  /** The thread that is up or coming up; `#worker` only once it is ready for batches. */
  #thread: Worker | undefined;
  #worker: Worker | undefined;
  #cancelRestart: () => void = () => {};
  #failures = 0;
  #syncing = false;
  #ended = false;
  #waiters: { readonly id: number; readonly resolve: () => void }[] = [];
  /** Rows committed, the repeated and refused among them included. */
  confirmed = 0;
  repeated = 0;
  refused = 0;
  restarts = 0;
  trouble: string | undefined;

  constructor(options: FeederOptions) {
    this.#options = options;
  }

  /** Starts the worker and waits until it has the database open. Throws StorageError if it cannot. */
  launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = this.#options.startWorker(this.#committed);
      let fault: unknown;
      this.#thread = worker;
      worker.on("error", (thrown) => {
        fault = thrown;
      });
      worker.on("message", (message: FromWorker) => {
        if (message.kind !== "ready") return this.#hear(message);
        this.#worker = worker;
        this.trouble = undefined;
        this.feed();
        this.#yield(worker);
        resolve();
      });
      worker.once("exit", () => {
        const ready = this.#worker === worker;
        const reason = fault instanceof Error ? fault.message : "its thread ended";
        this.#thread = this.#worker = undefined;
        if (ready) this.#relaunch(reason);
        else reject(new StorageError(`The ${this.#options.what}'s writer cannot start: ${reason}`, fault));
      });
    });
  }

  /** Starts the worker and does not wait for it; a failure is told, and tried again. */
  launchBehind(): void {
    this.launch().catch((thrown: unknown) => this.#relaunch(thrown instanceof Error ? thrown.message : "unknown"));
  }

  /** Hands over what the worker may have. */
  feed(): void {
    this.harvest();
    const worker = this.#worker;
    if (worker === undefined) return;
    const { backlog } = this.#options;
    for (let batch = backlog.next(); batch !== undefined; batch = backlog.next()) {
      worker.postMessage({ kind: "batch", id: batch.id, cells: batch.cells } satisfies ToWorker);
    }
    const watched = this.#options.yields === true && backlog.rows > 0;
    if ((this.#waiters.length === 0 && !watched) || this.#syncing) return;
    this.#syncing = true;
    worker.ref();
    worker.postMessage({ kind: "sync" } satisfies ToWorker);
  }

  /** Takes note of what the worker has committed since. */
  harvest(): void {
    const id = Number(Atomics.load(this.#committed, 0));
    const rows = this.#options.backlog.confirm(id);
    if (rows > 0) {
      this.confirmed += rows;
      this.#failures = 0;
    }
    while (this.#waiters[0] !== undefined && this.#waiters[0].id <= id) this.#waiters.shift()?.resolve();
  }

  /** Resolves once the batch of this id is committed, or `end` gave it up. */
  committed(id: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ id, resolve });
      this.feed();
    });
  }

  /** Ends the worker: in peace if it may still be asked to, within the time `late` gives; else by force. */
  async end(late: Promise<void>): Promise<void> {
    this.#ended = true;
    this.#cancelRestart();
    const worker = this.#worker;
    if (worker !== undefined) {
      const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage({ kind: "close" } satisfies ToWorker);
      await Promise.race([exited, late]);
    }
    await this.#thread?.terminate();
    this.harvest();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  #relaunch(reason: string): void {
    this.#syncing = false;
    this.#options.backlog.rewind();
    if (this.#ended) return;
    this.restarts++;
    this.#report(`The ${this.#options.what}'s writer died (${reason}) and is started again.`);
    this.#cancelRestart = this.#options.clock.after(Math.min(5000, 50 * 2 ** this.#failures++), () => {
      this.launchBehind();
    });
  }

  #yield(worker: Worker): void {
    if (this.#options.yields === true && !this.#syncing) worker.unref();
  }

  #hear(message: Exclude<FromWorker, { readonly kind: "ready" }>): void {
    switch (message.kind) {
      case "synced":
        this.#syncing = false;
        this.feed();
        if (this.#worker !== undefined) this.#yield(this.#worker);
        break;
      case "irregular":
        this.repeated += message.known;
        this.refused += message.refused;
        if (message.refused > 0)
          this.#options.onTrouble(`The ${this.#options.what} refused ${message.refused} rows: ${message.reason}.`);
        break;
      case "trouble":
        this.#report(`The ${this.#options.what} cannot be written (${message.reason}); rows wait in memory.`);
        break;
      case "recovered":
        this.trouble = undefined;
        break;
    }
  }

  #report(message: string): void {
    this.trouble = message;
    this.#options.onTrouble(message);
  }
}
