import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { ATTR_GEN_AI_INPUT_MESSAGES, ATTR_GEN_AI_OUTPUT_MESSAGES } from "@opentelemetry/semantic-conventions/incubating";
import type { Call, HeaderBag } from "../canonical/call.ts";
import type { Cost } from "../canonical/cost.ts";
import type { Redact } from "../canonical/log.ts";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import type { Again, CallFacts } from "./call-facts.ts";
import {
  attemptAttributes,
  attemptEndAttributes,
  callAttributes,
  callStartAttributes,
  operationNames,
} from "./span-attributes.ts";
import { SpanQueue } from "./span-queue.ts";
import type { TraceSampler, TraceSettings } from "./trace-settings.ts";
import { formatTraceParent, parseTraceParent, parseTraceState } from "./traceparent.ts";
import type { AttemptSpan, CallSpan, SpanCounts, Tracing } from "./tracing.ts";

const mostWaiting = 8192;
const perExport = 512;
const exportTimeoutMs = 5000;

/**
 * Traces by OpenTelemetry's SDK, sent as OTLP over HTTP in JSON. This module, and the SDK with it, is loaded only where there is
 * somewhere to send them. It touches nothing global: two gateways in a process have two tracers.
 */
export function openOtlpTracing(settings: TraceSettings, redact: Redact): Tracing {
  const headers = Object.fromEntries(settings.headers.map(({ name, value }) => [name, value.reveal()]));
  const exporter = new OTLPTraceExporter({ url: settings.url, headers, timeoutMillis: exportTimeoutMs, concurrencyLimit: 4 });
  const queue = new SpanQueue(exporter, mostWaiting);
  const batches = new BatchSpanProcessor({
    exporter: queue,
    maxQueueSize: mostWaiting,
    maxExportBatchSize: perExport,
    exportTimeoutMillis: exportTimeoutMs * 2,
    scheduledDelayMillis: settings.delayMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes(settings.resource),
    sampler: samplerOf(settings.sampler),
    spanLimits: { attributeValueLengthLimit: settings.content ? 65_536 : 4096, attributeCountLimit: 64 },
    spanProcessors: [queue.before(batches)],
  });
  return new OtlpTracing(provider, queue, redact, settings);
}

function samplerOf({ ratio, parentBased }: TraceSampler): Sampler {
  const root = ratio >= 1 ? new AlwaysOnSampler() : ratio <= 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio);
  return parentBased ? new ParentBasedSampler({ root }) : root;
}

class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #queue: SpanQueue;
  readonly #redact: Redact;
  readonly #propagate: boolean;
  readonly content: boolean;

  constructor(provider: TracerProvider, queue: SpanQueue, redact: Redact, { propagate, content }: TraceSettings) {
    this.#provider = provider;
    this.#tracer = provider.getTracer("polygate");
    this.#queue = queue;
    this.#redact = redact;
    this.#propagate = propagate;
    this.content = content;
  }

  begin(call: Call, wallMs: number): CallSpan {
    const model = this.#redact(call.model);
    const parent = contextOf(call.source?.headers);
    const name = `${operationNames[call.operation]} ${model}`;
    const attributes = callStartAttributes(call, model, call.caller.keyId);
    const span = this.#tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: wallMs, attributes }, parent);
    return new OtlpCallSpan(this.#tracer, span, wallMs, this.#propagate, this.#redact);
  }

  counts(): SpanCounts {
    return this.#queue.counts();
  }

  async close(patienceMs: number): Promise<void> {
    let stop = (): void => {};
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      stop = () => clearTimeout(timer);
    });
    await Promise.race([this.#provider.shutdown().catch(() => {}), late]);
    stop();
  }
}

/** The caller's place in its trace, where it sent a valid one. */
function contextOf(headers: HeaderBag | undefined): Context {
  const parent = parseTraceParent(headers?.["traceparent"]);
  if (parent === undefined) return ROOT_CONTEXT;
  const state = parseTraceState(headers?.["tracestate"]);
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: parent.traceId,
    spanId: parent.spanId,
    traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(state !== undefined && { traceState: createTraceState(state) }),
  });
}

class OtlpCallSpan implements CallSpan {
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  readonly #startedAt: number;
  readonly #redact: Redact;
  readonly #propagate: boolean;

  constructor(tracer: Tracer, span: Span, startedAt: number, propagate: boolean, redact: Redact) {
    this.#redact = redact;
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(ROOT_CONTEXT, span);
    this.#startedAt = startedAt;
    this.#propagate = propagate;
  }

  said(input: string | undefined, output: string | undefined): void {
    if (input !== undefined) this.#span.setAttribute(ATTR_GEN_AI_INPUT_MESSAGES, this.#redact(input));
    if (output !== undefined) this.#span.setAttribute(ATTR_GEN_AI_OUTPUT_MESSAGES, this.#redact(output));
  }

  attempt(start: AttemptStart, again: Again | undefined): AttemptSpan {
    const name = `${operationNames[start.operation]} ${start.upstreamModel}`;
    const attributes = attemptAttributes(start, again);
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: start.startedAt, attributes }, this.#context);
    return new OtlpAttemptSpan(span, start.startedAt, this.#propagate);
  }

  end(facts: CallFacts): void {
    this.#span.setAttributes(callAttributes(facts));
    finish(this.#span, facts.code, facts.message);
    this.#span.end(this.#startedAt + facts.durationMs);
  }
}

class OtlpAttemptSpan implements AttemptSpan {
  readonly traceparent: string | undefined;
  readonly #span: Span;
  readonly #startedAt: number;

  constructor(span: Span, startedAt: number, propagate: boolean) {
    this.#span = span;
    this.#startedAt = startedAt;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = propagate
      ? formatTraceParent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 })
      : undefined;
  }

  end(end: AttemptEnd, cost: Cost | undefined): void {
    this.#span.setAttributes(attemptEndAttributes(end, cost));
    finish(this.#span, end.errorCode, undefined);
    this.#span.end(this.#startedAt + end.durationMs);
  }
}

function finish(span: Span, code: string | undefined, message: string | undefined): void {
  if (code !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: message ?? code });
}
