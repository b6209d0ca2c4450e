import { existsSync, readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type StackOptions, startStack } from "../stack.ts";

/* A gateway in a process of its own, so that its memory and its event loop can be measured. Talks to `child-stack.ts`. */

export interface Stats {
  readonly rssBytes: number;
  /** What is in use on the heap and beside it once garbage is collected. */
  readonly heldBytes: number;
  /** The most of it at any look since it was last asked; there is one every `lookMs`, as far as the machine gets to it. */
  readonly mostHeldBytes: number;
  /** The longest that the event loop stood still since it was last asked. */
  readonly stallMs: number;
  readonly troubles: readonly string[];
  /** What keeps the process awake, by kind: sockets, timers and so on. */
  readonly resources: { readonly [kind: string]: number };
  /** Open files; 0 where the system does not tell. */
  readonly files: number;
}

const options: StackOptions = JSON.parse(process.argv[2] ?? "{}");
const stack = await startStack(options);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const lookMs = 100;
let mostHeldBytes = 0;
let stallMs = 0;
/** Only what is left after a collection is held; before it, memory tells how busy the collector is. */
const look = (): number => {
  stallMs = Math.max(stallMs, delay.max / 1e6);
  globalThis.gc?.();
  // The collection stood still too, which is not the gateway's doing.
  setTimeout(() => delay.reset(), 20).unref();
  const { heapUsed, external } = process.memoryUsage();
  mostHeldBytes = Math.max(mostHeldBytes, heapUsed + external);
  return heapUsed + external;
};
setInterval(look, lookMs).unref();

process.on("message", (message) => {
  if (message === "ledger") {
    void stack.ledger().then((rows) => {
      const told = rows.map(({ call_id, started_at, duration_us, upstream_model, terminal, error_code }) => ({
        call: call_id,
        startedAt: Number(started_at),
        endedAt: Number(started_at) + Number(duration_us) / 1000,
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
  const heldBytes = look();
  const stats: Stats = {
    rssBytes: process.memoryUsage.rss(),
    heldBytes,
    mostHeldBytes,
    stallMs,
    troubles: stack.troubles,
    resources: Object.fromEntries(
      Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind)
        .entries()
        .map(([kind, all]) => [kind, all.length]),
    ),
    files: existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0,
  };
  mostHeldBytes = 0;
  process.send?.({ stats });
  stallMs = 0;
});
process.send?.({ address: stack.address });
