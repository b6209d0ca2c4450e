import type { Cell } from "./entry.ts";

/** What the ledger's worker is started with. */
export interface WorkerSetup {
  /** The database file, migrated already. */
  readonly path: string;
  readonly insert: string;
  /** Cells per row. */
  readonly width: number;
  readonly busyTimeoutMs: number;
}

/** Towards the worker. A batch is one transaction: `cells` holds its rows one after the other. */
export type ToWorker =
  | { readonly kind: "batch"; readonly id: number; readonly cells: readonly Cell[] }
  /** Close the database and exit. */
  | { readonly kind: "close" };

/** From the worker. Batches are written, and acknowledged, in the order of their ids. */
export type FromWorker =
  | { readonly kind: "ready" }
  /** Committed. `known` rows were in the ledger before; `refused` rows broke the schema and were left out. */
  | { readonly kind: "written"; readonly id: number; readonly known: number; readonly refused: number; readonly reason?: string }
  /** Writing fails and is being retried; said once until the next `written`. */
  | { readonly kind: "trouble"; readonly reason: string };
