import { monitorEventLoopDelay } from "node:perf_hooks";
import { type StackOptions, startStack } from "../stack.ts";

/* A gateway in a process of its own, so that its memory and its event loop can be measured. Talks to `child-stack.ts`. */

export interface Stats {
  readonly rssBytes: number;
  /** What is in use on the heap and beside it once garbage is collected. */
  readonly heldBytes: number;
  /** The longest that the event loop stood still since it was last asked. */
  readonly stallMs: number;
  readonly troubles: readonly string[];
}

const options: StackOptions = JSON.parse(process.argv[2] ?? "{}");
const stack = await startStack(options);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

process.on("message", (message) => {
  if (message === "ledger") {
    void stack.ledger().then((rows) => {
      const told = rows.map(({ upstream_model, terminal, error_code }) => ({
        model: upstream_model,
        terminal,
        error: error_code,
      }));
      process.send?.({ rows: told });
    });
    return;
  }
  if (message === "close") {
    void stack.close().then(() => process.exit(0));
    return;
  }
  const stallMs = delay.max / 1e6;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const stats: Stats = {
    rssBytes: rss,
    heldBytes: heapUsed + external,
    stallMs,
    troubles: stack.troubles,
  };
  process.send?.({ stats });
  // The collection above stood still too, which is not the gateway's doing.
  setTimeout(() => delay.reset(), 20);
});
process.send?.({ address: stack.address });
