import type { Cell } from "./protocol.ts";

/** Rows on their way to the worker, as one message and one transaction. */
export interface Batch {
  readonly id: number;
  readonly rows: number;
  readonly bytes: number;
  readonly cells: readonly Cell[];
}

export interface BacklogLimits {
  readonly rows: number;
  readonly bytes: number;
  /** Batches handed to the worker and not yet committed; the others wait on this side, so that no row waits twice. */
  readonly inFlight: number;
}

/** The batches that no transaction has confirmed yet, oldest first, bounded in rows and bytes. */
export class Backlog {
  readonly #limits: BacklogLimits;
  #batches: Batch[] = [];
  #sent = 0;
  #rows = 0;
  #bytes = 0;
  #closed = false;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False where the batch does not fit: what is here already is kept, what comes is dropped. */
  add(batch: Batch): boolean {
    if (this.#rows + batch.rows > this.#limits.rows || this.#bytes + batch.bytes > this.#limits.bytes) return false;
    this.#batches.push(batch);
    this.#rows += batch.rows;
    this.#bytes += batch.bytes;
    return true;
  }

  /** Whether batches wait that the worker was not given yet. */
  get waiting(): boolean {
    return this.#sent < this.#batches.length;
  }

  /** The next batch to hand to the worker, if it may have another. */
  next(): Batch | undefined {
    if (this.#sent >= this.#limits.inFlight) return undefined;
    const batch = this.#batches[this.#sent];
    if (batch !== undefined) this.#sent++;
    return batch;
  }

  /** Removes the batches up to this id, which are committed. Returns their rows. */
  confirm(id: number): number {
    const before = this.#rows;
    for (let batch = this.#batches[0]; batch !== undefined && batch.id <= id; batch = this.#batches[0]) {
      this.#batches.shift();
      this.#rows -= batch.rows;
      this.#bytes -= batch.bytes;
      // A worker that died after its commit may have its last batches confirmed after the rewind.
      if (this.#sent > 0) this.#sent--;
    }
    return before - this.#rows;
  }

  /** The worker is gone, and what it had not confirmed is to be handed to the next. */
  rewind(): void {
    this.#sent = 0;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Gives up on everything, now and later. Returns the rows lost. */
  abandon(): number {
    const lost = this.#rows;
    this.#closed = true;
    this.#batches = [];
    this.#sent = this.#rows = this.#bytes = 0;
    return lost;
  }
}
