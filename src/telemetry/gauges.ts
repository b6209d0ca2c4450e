/** A figure that is asked for when the metrics are read. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  /** A counter never falls; its name ends in `_total`. */
  readonly kind: "gauge" | "counter";
  /** How the figures of several processes become one. Default: their sum. */
  readonly of?: "sum" | "max" | "min" | undefined;
  /** Never throws. */
  read(): number;
}

/** What makes gauges and counters. */
export interface Meter {
  gauge(name: string, help: string, read: () => number, of: "sum" | "max" | "min"): void;
  counter(name: string, help: string, read: () => number): void;
}

export function gaugesOf(gauges: readonly Gauge[], meter: Meter): void {
  for (const { name, help, kind, read, of = "sum" } of gauges) meter[kind](name, help, read, of);
}
