import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Gauge } from "./gauges.ts";

export interface ProcessGauges {
  readonly gauges: readonly Gauge[];
  close(): void;
}

/** Every so many milliseconds the event loop's delay is looked at. */
const resolution = 50;

/** How the process itself is, in the names that dashboards for Node know. */
export function processGauges(startedAtSeconds: number): ProcessGauges {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const seconds = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolution / 1000) : 0;
  const gauge = (name: string, help: string, read: () => number, of?: Gauge["of"]): Gauge => ({
    name,
    help,
    kind: "gauge",
    read,
    of,
  });
  return {
    gauges: [
      gauge(
        "nodejs_eventloop_lag_p50_seconds",
        "Delay of the event loop since the last reading, median.",
        () => seconds(delay.percentile(50)),
        "max",
      ),
      gauge("nodejs_eventloop_lag_p99_seconds", "The same, 99th percentile.", () => seconds(delay.percentile(99)), "max"),
      gauge(
        "nodejs_eventloop_lag_max_seconds",
        "The same, longest. Reading it begins anew.",
        () => {
          const longest = seconds(delay.max);
          delay.reset();
          return longest;
        },
        "max",
      ),
      gauge("nodejs_heap_size_used_bytes", "Heap in use.", () => process.memoryUsage().heapUsed),
      gauge("nodejs_heap_size_total_bytes", "Heap, as far as it has grown.", () => process.memoryUsage().heapTotal),
      gauge("nodejs_external_memory_bytes", "Memory of buffers, outside the heap.", () => process.memoryUsage().external),
      gauge("process_resident_memory_bytes", "Memory of the process.", () => process.memoryUsage.rss()),
      gauge("process_start_time_seconds", "When the gateway started, since the epoch.", () => startedAtSeconds, "min"),
      {
        name: "process_cpu_seconds_total",
        help: "CPU time of the process, its own and the system's.",
        kind: "counter",
        read: () => {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1e6;
        },
      },
    ],
    close: () => delay.disable(),
  };
}
