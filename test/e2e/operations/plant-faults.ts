import { EventEmitter } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import threads from "node:worker_threads";
import { InvariantError } from "../../../src/canonical/invariant.ts";

/* Loaded into a gateway under test: what a call says decides what goes wrong when it is sent to its provider. */

const hoard: unknown[] = [];
const workers: threads.Worker[] = [];
const { Worker } = threads;
if (process.env["PLANT_FAULTS"] !== undefined && threads.isMainThread) {
  threads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
  };
  syncBuiltinESMExports();
  const { Pool } = await import("undici");
  const { dispatch } = Pool.prototype;
  Pool.prototype.dispatch = function (options, handler) {
    const body = typeof options.body === "string" ? options.body : Buffer.isBuffer(options.body) ? options.body.toString() : "";
    const kind = /fault-(\w+)/.exec(body)?.[1];
    switch (kind) {
      case "timer":
        setTimeout(() => {
          throw new Error("planted in a timer");
        }, 1);
        return true;
      case "rejection":
        void Promise.reject(new Error("planted in a promise"));
        return true;
      case "listener": {
        const emitter = new EventEmitter();
        emitter.on("x", () => {
          throw new Error("planted in a listener");
        });
        setImmediate(() => emitter.emit("x"));
        return true;
      }
      case "invariant":
        setImmediate(() => {
          throw new InvariantError("two and two are five");
        });
        return true;
      case "writer":
        for (const worker of workers) void worker.terminate();
        break;
      case "memory":
        for (;;) hoard.push(new Array(10_000).fill(hoard.length).map((n) => ({ n })));
    }
    return dispatch.call(this, options, handler);
  };
}
