import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { WorkerStart } from "./protocol.ts";

/** Starts a row writer's worker thread: from worker.ts when the sources run, from worker.js when built. */
export function startRowWorker(setup: WorkerStart): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const cache = getCompileCacheDir();
  return new Worker(new URL(file, import.meta.url), {
    name: setup.what,
    workerData: setup,
    // It needs neither the environment's secrets nor the flags of this process; compiled sources spare it the compiler (17 MB).
    env: cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) },
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 },
  });
}
