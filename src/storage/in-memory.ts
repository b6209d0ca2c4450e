import type { RowWriter, WriterHealth } from "./row-writer.ts";

/** The data directory of a gateway that writes no file. */
export const inMemory = ":memory:";

const health: WriterHealth = {
  queued: 0,
  queuedBytes: 0,
  written: 0,
  repeated: 0,
  dropped: 0,
  refused: 0,
  workerRestarts: 0,
  losing: false,
};

/** Takes rows and keeps none, as it was asked to: nothing of it counts as lost. */
export const keepsNoRows: Pick<RowWriter, "push" | "flush" | "close" | "health"> = {
  push: () => {},
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(health),
  health: () => health,
};
