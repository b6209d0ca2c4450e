import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Verdict } from "./judge.ts";
import type { Slot } from "./loader.ts";
import type { WorkerSetup } from "./worker.ts";

const BATCH = 16;

/** Judges all slots on as many threads as there are cores. Rejects when a worker dies or nothing is heard for two minutes. */
export function runAll(slots: readonly Slot[], setup: WorkerSetup): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const queue = [...slots];
  const workers = Math.max(1, Math.min(availableParallelism(), 4, Math.ceil(slots.length / BATCH)));
  return new Promise((resolve, reject) => {
    let running = workers;
    const all: Worker[] = [];
    const fail = (error: unknown): void => {
      for (const worker of all) void worker.terminate();
      reject(error);
    };
    const watchdog = setTimeout(() => fail(new Error("no word from the workers for two minutes")), 120_000);
    for (let i = 0; i < workers; i++) {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: setup });
      all.push(worker);
      worker.on("error", fail);
      worker.on(
        "message",
        (message: { readonly type: "verdict"; readonly verdict: Verdict } | { readonly type: "idle" | "closed" }) => {
          watchdog.refresh();
          if (message.type === "verdict") {
            verdicts.push(message.verdict);
            return;
          }
          // An empty batch is the end of work.
          if (message.type === "idle") worker.postMessage(queue.splice(0, BATCH));
          else if (--running === 0) {
            clearTimeout(watchdog);
            resolve(verdicts);
          }
        },
      );
    }
  });
}
