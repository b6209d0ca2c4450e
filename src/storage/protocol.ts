/** What a cell of a row may be on its way to the database. */
export type Cell = string | number | null;

/** What a writer's worker is started with. */
export interface WorkerSetup {
  /** Whose rows they are, for messages and the thread's name: "ledger". */
  readonly what: string;
  /** The database file, migrated already. */
  readonly path: string;
  readonly insert: string;
  /** Cells per row. */
  readonly width: number;
  readonly busyTimeoutMs: number;
}

export interface WorkerStart extends WorkerSetup {
  /**
   * Shared memory of one number: the id of the last batch committed. It spares both threads a message for every batch, which
   * would cost the main thread more than writing the batch's rows.
   */
  readonly committed: BigInt64Array;
}

/** Towards the worker. Messages are served in order, and a batch is not left until it is committed. */
export type ToWorker =
  /** One transaction: `cells` holds its rows one after the other. */
  | { readonly kind: "batch"; readonly id: number; readonly cells: readonly Cell[] }
  /** Answer `synced`: everything before this message is committed. */
  | { readonly kind: "sync" }
  /** Close the database and exit. */
  | { readonly kind: "close" };

/** From the worker. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "synced" }
  /** In a committed batch `known` rows changed nothing, being there already, and `refused` rows broke the schema and were left out. */
  | { readonly kind: "irregular"; readonly known: number; readonly refused: number; readonly reason?: string | undefined }
  /** Writing fails and is being retried; said once, until `recovered`. */
  | { readonly kind: "trouble"; readonly reason: string }
  | { readonly kind: "recovered" };
