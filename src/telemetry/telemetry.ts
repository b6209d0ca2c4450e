import type { Log } from "../canonical/log.ts";
import type { AttemptLog, Clock } from "../canonical/ports.ts";
import type { Step } from "../canonical/reply.ts";
import { type AccessLevel, accessLines } from "./access-line.ts";
import { CallWatch } from "./call-watch.ts";
import type { Gauge } from "./gauges.ts";
import type { LogCounts, ProcessLog } from "./log.ts";
import { type Metrics, type MetricsText, openMetrics } from "./metrics.ts";
import { processGauges } from "./process-gauges.ts";
import type { Redactor } from "./redact.ts";
import type { TraceSettings } from "./trace-settings.ts";
import type { Tracing } from "./tracing.ts";

export interface TelemetryOptions {
  readonly clock: Clock;
  /** Must know the gateway's secrets before the first call. */
  readonly redactor: Redactor;
  /** Where calls are written down; none: nowhere. */
  readonly log?: (Log & Partial<Pick<ProcessLog, "counts">>) | undefined;
  readonly calls: AccessLevel;
  /** False: nothing is counted, and the library for it not loaded. */
  readonly metrics: boolean;
  /** None: no traces, and the library for them is not loaded. */
  readonly traces?: TraceSettings | undefined;
}

/** What a gateway tells of itself while it runs. Nothing of it waits for a disk, a network or a reader. */
export interface Telemetry {
  /** Belongs outermost: what comes out of it holds no secret. */
  readonly step: Step;
  readonly redactor: Redactor;
  /** Absent where metrics are off. */
  readonly metrics: Metrics | undefined;
  /** What `/metrics` says; nothing where metrics are off. */
  metricsText(): Promise<MetricsText>;
  /** The log of attempts with telemetry in front of it. */
  attempts(log: AttemptLog): AttemptLog;
  /** Sends what waits, for two seconds at most, and stops all timers. */
  close(): Promise<void>;
}

/** How long a collector that does not answer holds up the end. */
const patienceMs = 2000;

export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { clock, redactor, log, calls, traces } = options;
  for (const { value } of traces?.headers ?? []) redactor.add(value);
  const metrics = options.metrics ? await openMetrics() : undefined;
  const tracing = traces === undefined ? undefined : (await import("./otlp-tracing.ts")).openOtlpTracing(traces, redactor.redact);
  const onEnd = log === undefined ? () => {} : accessLines(log, calls);
  const watch = new CallWatch({ clock, redactor, onEnd, metrics, tracing });
  const own = metrics === undefined ? undefined : processGauges(clock.wall() / 1000);
  metrics?.add([
    ...(own?.gauges ?? []),
    { name: "polygate_calls_in_flight", help: "Calls that are not over.", kind: "gauge", read: () => watch.inFlight },
    ...logGauges(log?.counts?.bind(log)),
    ...traceGauges(tracing),
  ]);
  return {
    step: watch.step,
    redactor,
    metrics,
    metricsText: () => metrics?.text() ?? Promise.resolve({ contentType: "text/plain; charset=utf-8", text: "" }),
    attempts: (books) => watch.attempts(books),
    close: async () => {
      own?.close();
      await tracing?.close(patienceMs);
    },
  };
}

/** How the writing of a ledger goes, in counts since the start. */
interface BooksHealth {
  readonly open: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly written: number;
  readonly dropped: number;
  readonly refused: number;
  readonly workerRestarts: number;
}

/** What there is to know of the ledger's writing. */
export function ledgerGauges(health: () => BooksHealth): readonly Gauge[] {
  const of = (kind: Gauge["kind"], name: string, help: string, read: (health: BooksHealth) => number): Gauge => ({
    name: `polygate_ledger_${name}`,
    help,
    kind,
    read: () => read(health()),
  });
  return [
    of("gauge", "open_attempts", "Attempts that are not over.", ({ open }) => open),
    of("gauge", "queued_rows", "Rows that are not on the disk yet.", ({ queued }) => queued),
    of("gauge", "queued_bytes", "Their approximate size.", ({ queuedBytes }) => queuedBytes),
    of("counter", "rows_written_total", "Rows on the disk.", ({ written }) => written),
    of(
      "counter",
      "rows_lost_total",
      "Rows dropped or refused: each is a gap in the books.",
      ({ dropped, refused }) => dropped + refused,
    ),
    of("counter", "writer_restarts_total", "Deaths of the writer.", ({ workerRestarts }) => workerRestarts),
  ];
}

/** How much a gateway has to do, and what it makes of it. */
export function loadGauges(view: () => { readonly taken: number; readonly refused: number }): readonly Gauge[] {
  return [
    {
      name: "polygate_calls_turned_away_total",
      help: "Calls that were turned away because there was more to do than could be done.",
      kind: "counter",
      read: () => view().refused,
    },
    {
      name: "polygate_calls_taken_ratio",
      help: "Of the calls that come, the part that is taken: 1 where none is turned away.",
      kind: "gauge",
      of: "min",
      read: () => view().taken,
    },
  ];
}

function logGauges(counts: (() => LogCounts) | undefined): readonly Gauge[] {
  if (counts === undefined) return [];
  const counter = (name: string, help: string, read: () => number): Gauge => ({ name, help, kind: "counter", read });
  return [
    counter("polygate_log_lines_total", "Lines of the log.", () => counts().written),
    counter("polygate_log_dropped_total", "Lines lost because nobody read the log.", () => counts().dropped),
    counter("polygate_log_suppressed_total", "Lines left out because they said what others said.", () => counts().suppressed),
  ];
}

function traceGauges(tracing: Tracing | undefined): readonly Gauge[] {
  if (tracing === undefined) return [];
  return [
    { name: "polygate_spans_exported_total", help: "Spans sent.", kind: "counter", read: () => tracing.counts().exported },
    {
      name: "polygate_spans_dropped_total",
      help: "Spans that the collector did not take.",
      kind: "counter",
      read: () => tracing.counts().dropped,
    },
    { name: "polygate_spans_waiting", help: "Spans not sent yet.", kind: "gauge", read: () => tracing.counts().waiting },
  ];
}
