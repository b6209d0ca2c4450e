import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { SpanCounts } from "./tracing.ts";

/** What stands between spans and their collector: bounded, and counting. */
export class SpanQueue implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #most: number;
  #waiting = 0;
  #exported = 0;
  #dropped = 0;

  /** @param most spans that may wait */
  constructor(exporter: SpanExporter, most: number) {
    this.#exporter = exporter;
    this.#most = most;
  }

  /** The processor, but past the bound spans are dropped here. */
  before(processor: SpanProcessor): SpanProcessor {
    return {
      forceFlush: () => processor.forceFlush(),
      shutdown: () => processor.shutdown(),
      onStart: (span, context) => processor.onStart(span, context),
      onEnd: (span) => {
        if ((span.spanContext().traceFlags & 1) === 0) return;
        if (this.#waiting >= this.#most) {
          this.#dropped++;
          return;
        }
        this.#waiting++;
        processor.onEnd(span);
      },
    };
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter["export"]>[1]): void {
    this.#exporter.export(spans, (result) => {
      this.#waiting -= spans.length;
      // 0: success, in OpenTelemetry's words.
      if (result.code === 0) this.#exported += spans.length;
      else this.#dropped += spans.length;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  counts(): SpanCounts {
    return { exported: this.#exported, dropped: this.#dropped, waiting: this.#waiting };
  }
}
