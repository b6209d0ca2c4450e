import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Caller, CallRecord, type Source, type Span } from "../canonical/call.ts";
import { GatewayError, toGatewayError } from "../canonical/error.ts";
import { newCallId } from "../canonical/ids.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Clock } from "../canonical/ports.ts";
import type { Reply } from "../canonical/reply.ts";
import { Warnings } from "../canonical/warnings.ts";
import { type EventWriter, JsonArrayWriter, sseWriter } from "../framing/event-writer.ts";
import { parseJsonBody } from "../framing/json-body.ts";
import type { DecodedRequest, Framing, ReplyEncoder, ReplyMeta } from "../wires/wire.ts";
import { BodyBudget } from "./body-budget.ts";
import type { Exchange } from "./exchange.ts";
import { answerHeaders, setHeaders } from "./headers.ts";
import { HttpCall } from "./http-call.ts";
import { LiveCalls } from "./live-calls.ts";
import { modelViews } from "./models.ts";
import { operate } from "./operator.ts";
import type { IngressLimits, IngressOptions } from "./options.ts";
import { readBody } from "./read-body.ts";
import { Reception } from "./reception.ts";
import { checkContentType, headerBag, lossPolicy } from "./request.ts";
import { type CallRoute, families, familyOf, type OperatorRoute, plainPath } from "./routes.ts";
import { StreamAnswer } from "./stream-answer.ts";
import { watchEnd } from "./watch-end.ts";

/** Answers every request exactly once, whatever happens. */
export class HttpIngress {
  readonly #options: IngressOptions;
  readonly #clock: Clock;
  readonly #limits: IngressLimits;
  readonly #bodies: BodyBudget;
  readonly #calls: LiveCalls;
  readonly #reception: Reception;

  constructor(options: IngressOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#bodies = new BodyBudget(options.limits.allBodiesBytes, options.limits.allBodiesHeapBytes);
    this.#calls = options.calls ?? new LiveCalls();
    this.#reception = new Reception(options);
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const exchange: Exchange = {
      id: newCallId(this.#clock, this.#options.random),
      serving: this.#options.serving(),
      startedAt: this.#clock.now(),
      request,
      response,
      record: new CallRecord(),
      wire: undefined,
      warnings: new Warnings(),
      quiet: false,
      sound: false,
      bodyBytes: 0,
      bodyHeapBytes: 0,
      allow: undefined,
    };
    this.#answer(exchange).catch((thrown: unknown) => this.#fail(exchange, toGatewayError(thrown)));
  }

  /** Takes nothing that comes on this connection. */
  shut(connection: Duplex): void {
    this.#reception.shut(connection);
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { route, caller, named, path, query } = this.#reception.receive(exchange);
    if (caller === undefined) {
      switch (route.policy) {
        case "probe":
          return this.#probe(exchange, route.kind);
        case "operator":
          return this.#operate(exchange, route);
      }
    }
    switch (route.policy) {
      case "listing":
        return this.#models(exchange, route.kind, named);
      case "inference":
        checkContentType(exchange.request.headers);
        this.#admit(exchange);
        return this.#call(exchange, route, caller, { path: plainPath(path), query, named });
    }
  }

  #admit({ response }: Exchange): void {
    const { admission } = this.#options;
    if (admission === undefined) return;
    admission.admit();
    response.once("close", () => admission.release());
  }

  async #call(
    exchange: Exchange,
    route: CallRoute,
    caller: Caller,
    target: { readonly path: string; readonly query: string; readonly named: string | undefined },
  ): Promise<void> {
    const { request, response, record, id, serving } = exchange;
    if (request.headers.expect !== undefined) response.writeContinue();
    const terms = {
      limit: serving.bounds.bodyBytes,
      budget: this.#bodies,
      clock: this.#clock,
      graceMs: this.#limits.bodyGraceMs,
    };
    const body = await readBody(request, terms);
    exchange.bodyBytes = body.length;
    // What is only named in the path needs no body.
    const { json, members } =
      body.length === 0 && target.named !== undefined
        ? noBody
        : parseJsonBody(body, { claim: (heapBytes) => this.#claim(exchange, heapBytes) });
    const headers = headerBag(request);
    const codec = route.wire.codecs[route.operation];
    if (codec?.decodeRequest === undefined) throw new GatewayError("unsupported", "This route cannot carry that operation.");
    const decoded = codec.decodeRequest({ method: route.method, ...target, headers, body: json });
    const { path, query } = target;
    const own = caller.kind === "key" ? caller.losses : undefined;
    const losses = lossPolicy(headers["x-polygate-strict"], own ?? serving.losses);
    exchange.quiet = losses === "allow";
    const source: Source = { wire: route.wire.name, method: route.method, path, query, headers, body, json, members };
    const live = this.#calls.begin(id, response);
    const call = new HttpCall({
      id,
      operation: route.operation,
      decoded,
      strict: losses === "refuse",
      source,
      caller,
      signal: live.abort.signal,
      deadline: exchange.startedAt + serving.bounds.totalMs,
      record,
    });
    exchange.warnings = call.warnings;
    if (!call.stream) {
      const reply = await this.#calls.run(live, () => serving.handler(call));
      this.#release(exchange);
      if (reply.stream)
        throw new GatewayError("internal", "The gateway streamed an answer to a call that asked for a whole one.");
      this.#writeWhole(exchange, decoded, reply);
      return;
    }
    const encoder = decoded.encoder(this.#meta(exchange, decoded.model));
    // Not awaited here: this frame holds the request's body, a stream may last for an hour.
    const writer = writerOf(decoded.framing ?? route.wire.framing);
    return this.#streamed(
      exchange,
      encoder,
      writer,
      this.#calls.run(live, () => serving.handler(call)),
    );
  }

  #writeWhole<Op extends Operation>(
    exchange: Exchange,
    decoded: DecodedRequest<Op>,
    reply: Extract<Reply<Op>, { stream: false }>,
  ): void {
    if (reply.raw !== undefined) {
      this.#write(exchange, 200, {}, reply.raw);
      return;
    }
    const encoder = decoded.encoder(this.#meta(exchange, decoded.model));
    const body = encoder.whole(reply.result);
    exchange.warnings.addAll(encoder.warnings);
    this.#write(exchange, 200, {}, JSON.stringify(body));
  }

  async #streamed<Op extends Operation>(
    exchange: Exchange,
    encoder: ReplyEncoder<Op>,
    writer: EventWriter,
    pending: Promise<Reply<Op>>,
  ): Promise<void> {
    const { response } = exchange;
    exchange.warnings.follow(encoder);
    let sink: StreamAnswer<Op> | undefined;
    const open = (): StreamAnswer<Op> => {
      response.writeHead(200, [
        ...this.#head(exchange),
        "content-type",
        writer.contentType,
        "cache-control",
        "no-cache",
        "x-accel-buffering",
        "no",
      ]);
      return new StreamAnswer(response, encoder, writer, exchange.id, this.#clock, this.#limits);
    };
    const stopSilence = this.#clock.after(this.#limits.silenceMs, () => {
      sink = open();
      sink.keepAlive();
    });
    let reply: Reply<Op>;
    try {
      reply = await pending;
      if (!reply.stream) {
        throw new GatewayError("internal", "The gateway gave a whole answer to a call that asked for a stream.");
      }
    } catch (thrown) {
      if (sink === undefined) throw thrown;
      const error = toGatewayError(thrown);
      this.#report(exchange, error);
      sink.end({ kind: "error", error }, false);
      return;
    } finally {
      stopSilence();
      this.#release(exchange);
    }
    sink ??= open();
    const terminal = await sink.run(reply.batches, reply.relayed);
    if ("error" in terminal) this.#report(exchange, terminal.error);
    exchange.warnings.addAll(encoder.warnings);
  }

  async #models(exchange: Exchange, kind: "models" | "model", named: string | undefined): Promise<void> {
    const { models, silent } = await exchange.serving.listModels();
    for (const { provider, reason } of silent) {
      exchange.warnings.add({ kind: "dropped", code: "models_not_listed", at: provider, detail: reason });
    }
    const views = modelViews[familyOf(exchange.request)];
    if (kind === "models") return this.#write(exchange, 200, {}, JSON.stringify(views.list(models)));
    const found = models.find(({ id }) => id === named);
    if (found === undefined) throw noModel(named ?? "");
    this.#write(exchange, 200, {}, JSON.stringify(views.one(found)));
  }

  #probe(exchange: Exchange, kind: "health" | "readiness"): void {
    const reason = kind === "readiness" ? this.#options.unready() : undefined;
    const body: JsonObject = reason === undefined ? { status: "ok" } : { status: "unready", reason };
    this.#write(exchange, reason === undefined ? 200 : 503, {}, JSON.stringify(body));
  }

  async #operate(exchange: Exchange, { kind }: OperatorRoute): Promise<void> {
    const { operator } = this.#options;
    if (operator === undefined) throw new GatewayError("internal", "An operator's route stands without what it leads to.");
    const { status = 200, contentType, text } = await operate(operator, kind);
    this.#write(exchange, status, { "content-type": contentType, "cache-control": "no-store" }, text);
  }

  #report({ id }: Exchange, error: GatewayError): void {
    if (error.code === "internal") this.#options.onInternalError(id, error);
    this.#options.onError?.(error);
  }

  #fail(exchange: Exchange, error: GatewayError): void {
    const { response, request } = exchange;
    this.#release(exchange);
    this.#report(exchange, error);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const { wire = families[familyOf(request)].errors, allow, id } = exchange;
    const { status, headers, body } = wire.encodeError(error, id);
    // A body that was not read to its end would be taken for the next request of this connection. Whoever is only turned away
    // keeps it, as making another costs us more than reading a short body to its end.
    const read = request.complete || (error.code === "gateway_overloaded" && isShort(request));
    const connection = read && exchange.sound ? undefined : "close";
    this.#write(exchange, status, { ...headers, allow, connection }, JSON.stringify(body));
  }

  #write(
    exchange: Exchange,
    status: number,
    extra: { readonly [name: string]: string | undefined },
    body: Uint8Array | string,
  ): void {
    const headers = this.#head(exchange);
    setHeaders(headers, { "content-type": "application/json", ...extra, "content-length": String(Buffer.byteLength(body)) });
    exchange.response.writeHead(status, headers).end(body);
    watchEnd(exchange.response, this.#limits.writeIdleMs);
  }

  /** The call has its reply, or will have none: its body counts no longer. */
  #release(exchange: Exchange): void {
    this.#bodies.give(exchange.bodyBytes);
    this.#bodies.giveHeap(exchange.bodyHeapBytes);
    exchange.bodyBytes = 0;
    exchange.bodyHeapBytes = 0;
  }

  #claim(exchange: Exchange, heapBytes: number): void {
    this.#bodies.takeHeap(heapBytes);
    exchange.bodyHeapBytes = heapBytes;
  }

  #head({ id, record, warnings, quiet, startedAt }: Exchange): string[] {
    const now = this.#clock.now();
    return answerHeaders(id, record, quiet ? undefined : warnings, now - startedAt - record.waitedBy(now));
  }

  #meta(exchange: Exchange, model: string): ReplyMeta {
    return {
      id: exchange.id,
      createdAt: Math.floor(this.#clock.wall() / 1000),
      model: exchange.record.model ?? model,
    };
  }
}

/** Whether what is left of a request is little enough to be read and thrown away, which Node does when its answer has ended. */
const isShort = ({ headers }: IncomingMessage): boolean => Number(headers["content-length"] ?? Number.NaN) <= shortBody;
const shortBody = 64 * 1024;

const noBody = { json: {}, members: new Map<string, Span>() };

const noModel = (name: string): GatewayError =>
  new GatewayError(
    "model_not_found",
    `No provider lists the model \`${name.slice(0, 100)}\`; GET the list one level up for those that can be had.`,
    { param: "model" },
  );

function writerOf(framing: Framing): EventWriter {
  switch (framing) {
    case "sse":
      return sseWriter;
    case "json-array":
      return new JsonArrayWriter();
  }
}
