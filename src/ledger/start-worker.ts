import { Worker } from "node:worker_threads";
import type { WorkerStart } from "./protocol.ts";

/** Starts the ledger's worker thread: from worker.ts when the sources run, from worker.js when built. */
export function startLedgerWorker(setup: WorkerStart): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  return new Worker(new URL(file, import.meta.url), {
    name: "ledger",
    workerData: setup,
    // It needs neither the environment's secrets nor the flags of this process.
    env: {},
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 },
  });
}
