import type { Cost } from "../canonical/cost.ts";
import type { AttemptEnd, AttemptLog, AttemptStart, OpenAttempt } from "../canonical/ports.ts";
import type { Cell } from "../storage/protocol.ts";
import { type Row, RowWriter, type RowWriterOptions, type WriterHealth } from "../storage/row-writer.ts";
import { costOf } from "./cost.ts";
import { appendRow, type Outcome } from "./entry.ts";

/** How the writing of the ledger goes, in counts since the start. Calls that must be booked may not go on while it is losing rows. */
export interface LedgerHealth extends WriterHealth {
  /** Attempts begun and not ended. */
  readonly open: number;
}

type Rows = Pick<RowWriter, "push" | "flush" | "close" | "health">;

/** The ledger's main-thread side: an attempt that ends is a row for the writer, and calls never wait for it. */
export class LedgerWriter implements AttemptLog {
  readonly #rows: Rows;
  #begun = 0;
  #finished = 0;

  private constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Starts the worker and waits until it has the database open. Throws StorageError if it cannot. */
  static async start(options: Omit<RowWriterOptions, "what">): Promise<LedgerWriter> {
    const rows = new RowWriter({ ...options, what: "ledger" });
    await rows.launch();
    return new LedgerWriter(rows);
  }

  /** Books what attempts cost and hands their entries to `rows`, which may be nobody: for a gateway without files. */
  static over(rows: Rows): LedgerWriter {
    return new LedgerWriter(rows);
  }

  begin(start: AttemptStart): OpenAttempt {
    this.#begun++;
    return new OpenEntry(start, this);
  }

  /** For OpenEntry: an attempt has ended. */
  push(entry: Row): void {
    this.#finished++;
    this.#rows.push(entry);
  }

  /** Resolves once every attempt that has ended before is committed, or counted as dropped. Waits as long as that takes. */
  flush(): Promise<void> {
    return this.#rows.flush();
  }

  /** See RowWriter. */
  async close(deadlineMs?: number): Promise<LedgerHealth> {
    await this.#rows.close(deadlineMs);
    return this.health();
  }

  health(): LedgerHealth {
    return { ...this.#rows.health(), open: this.#begun - this.#finished };
  }
}

/** An attempt under way, and its row once it has ended. */
class OpenEntry implements OpenAttempt, Row {
  readonly #start: AttemptStart;
  readonly #writer: LedgerWriter;
  #end: AttemptEnd | undefined;
  #outcome: Outcome = "settled";
  #cost: Cost | undefined;

  constructor(start: AttemptStart, writer: LedgerWriter) {
    this.#start = start;
    this.#writer = writer;
  }

  settle(end: AttemptEnd): Cost | undefined {
    if (this.#end !== undefined) return undefined;
    const { prices, upstreamModel } = this.#start;
    // Priced as served; a provider that answers by another name than its price list has costs what was asked for.
    const price = prices?.find(end.servedModel ?? upstreamModel) ?? prices?.find(upstreamModel);
    this.#cost = end.usage === undefined || price === undefined ? undefined : costOf(end.usage, price);
    this.#finish(end, "settled");
    return this.#cost;
  }

  void(end: AttemptEnd): void {
    this.#finish(end, "void");
  }

  appendTo(cells: Cell[]): number {
    return this.#end === undefined ? 0 : appendRow(cells, this.#start, this.#end, this.#outcome, this.#cost);
  }

  #finish(end: AttemptEnd, outcome: Outcome): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#outcome = outcome;
    this.#writer.push(this);
  }
}
