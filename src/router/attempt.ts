import type { Call, HeaderBag } from "../canonical/call.ts";
import { GatewayError, toGatewayError } from "../canonical/error.ts";
import { isObject, type Json, type JsonObject } from "../canonical/json.ts";
import type { Operation } from "../canonical/operations.ts";
import type { AttemptLog, Clock, OpenAttempt } from "../canonical/ports.ts";
import type { Reply } from "../canonical/reply.ts";
import { finished, type Terminal } from "../canonical/terminal.ts";
import { type HttpTransport, readAll, type UpstreamReply } from "../transport/http-transport.ts";
import type { Codec, EncodedRequest, Relay, ReplyDecoder, Target, WireRequest } from "../wires/wire.ts";
import type { Candidate } from "./plan.ts";
import { RelayedStream } from "./relayed-stream.ts";
import { callerHeaders, requestId } from "./reply-headers.ts";
import { TranslatedStream } from "./translated-stream.ts";
import type { StreamFacts, UpstreamStream } from "./upstream-stream.ts";

export interface AttemptTimeouts {
  readonly connectMs: number;
  /** From sending to the first content of a stream. */
  readonly firstTokenMs: number;
  readonly betweenChunksMs: number;
}

export interface AttemptDeps {
  readonly transport: HttpTransport;
  readonly log: AttemptLog;
  readonly clock: Clock;
  readonly timeouts: AttemptTimeouts;
  /** The largest whole reply that is taken, in bytes. */
  readonly replyBytes: number;
}

/** What goes to the provider, and what reads its reply. */
type Prepared<Op extends Operation> =
  | { readonly relay: Relay; readonly wireRequest: WireRequest; readonly decoder: () => ReplyDecoder<Op> }
  | { readonly relay: undefined; readonly wireRequest: WireRequest; readonly decoder: () => ReplyDecoder<Op> };

const largestErrorBody = 256 * 1024;

/**
 * One try of one candidate. A stream's reply is given once content is there; until then every failure rejects with a
 * GatewayError that says whether another try makes sense. One ledger entry is settled, however it ends.
 */
export async function attempt<Op extends Operation>(
  call: Call<Op>,
  candidate: Candidate,
  number: number,
  deps: AttemptDeps,
): Promise<Reply<Op>> {
  const { clock } = deps;
  const { wire } = candidate.endpoint;
  const codec: Codec<Op> | undefined = wire.codecs[call.operation];
  if (codec === undefined) throw new GatewayError("unsupported", `The ${wire.name} wire cannot carry ${call.operation} calls.`);
  const prepared = prepare(call, candidate, codec);
  const startedAt = clock.now();
  const entry = new Entry(
    deps.log.begin({
      id: `${call.id}.${number}`,
      callId: call.id,
      number,
      keyId: call.caller.keyId,
      labels: call.labels,
      operation: call.operation,
      callerWire: call.source?.wire ?? "canonical",
      provider: candidate.deployment.provider,
      providerWire: wire.name,
      relayed: prepared.relay !== undefined,
      stream: call.stream,
      requestedModel: call.model,
      upstreamModel: candidate.deployment.model,
      startedAt: clock.wall(),
    }),
    call,
    clock,
    startedAt,
  );
  const { record } = call;
  record.provider = candidate.deployment.provider;
  record.model = candidate.deployment.model;
  record.attempts = number;
  try {
    const upstream = await send(call, candidate, prepared.wireRequest, deps);
    entry.onHeaders(upstream);
    record.headers = callerHeaders(upstream.headers);
    if (upstream.status < 200 || upstream.status > 299) throw await readError(upstream, candidate);
    const reply = call.stream
      ? await openStream(upstream, prepared, entry, deps, startedAt)
      : await readWhole(upstream, prepared, entry, candidate, deps);
    return reply;
  } catch (thrown) {
    const error = toGatewayError(thrown);
    entry.settle(error.code === "cancelled" ? { kind: "cancelled" } : { kind: "error", error }, {});
    throw error;
  } finally {
    record.waitedMs += clock.now() - startedAt;
  }
}

function prepare<Op extends Operation>(call: Call<Op>, candidate: Candidate, codec: Codec<Op>): Prepared<Op> {
  const { endpoint, deployment, provider } = candidate;
  const target: Target = {
    provider: deployment.provider,
    model: deployment.model,
    stream: call.stream,
    quirks: provider.quirks ?? {},
  };
  const adapt = (request: WireRequest): WireRequest => provider.adapt?.(request, deployment) ?? request;
  if (call.source?.wire === endpoint.wire.name && codec.relay) {
    const { wireRequest, relay, warnings } = codec.relay(call.source, target);
    call.warnings.add(...warnings);
    return { relay, wireRequest: adapt(wireRequest), decoder: () => codec.encodeRequest(call.request, target).decoder };
  }
  const encoded: EncodedRequest<Op> = codec.encodeRequest(call.request, target);
  call.warnings.add(...encoded.warnings);
  return { relay: undefined, wireRequest: adapt(encoded.wireRequest), decoder: () => encoded.decoder };
}

function send<Op extends Operation>(
  call: Call<Op>,
  candidate: Candidate,
  request: WireRequest,
  deps: AttemptDeps,
): Promise<UpstreamReply> {
  const { timeouts, clock } = deps;
  const remaining = call.deadline - clock.now();
  if (remaining <= 0)
    throw new GatewayError("timeout", "The call's time was used up before the provider could be asked.", { retryable: false });
  const { url } = candidate;
  const slash = url.indexOf("/", url.indexOf("//") + 2);
  const body = isPieces(request.body) ? request.body : JSON.stringify(request.body);
  return deps.transport.send({
    origin: url.slice(0, slash),
    path: url.slice(slash),
    method: "POST",
    headers: upstreamHeaders(request.headers, candidate),
    body,
    signal: call.signal,
    timeouts: {
      connectMs: timeouts.connectMs,
      firstByteMs: call.stream ? Math.min(timeouts.firstTokenMs, remaining) : remaining,
      idleMs: timeouts.betweenChunksMs,
      totalMs: remaining,
    },
  });
}

const isPieces = (body: WireRequest["body"]): body is readonly Uint8Array[] => Array.isArray(body);

const upstreamHeaders = (headers: HeaderBag, candidate: Candidate): HeaderBag => ({
  ...headers,
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "user-agent": "polygate",
  ...candidate.authHeaders,
});

async function readError(upstream: UpstreamReply, candidate: Candidate): Promise<GatewayError> {
  const text = Buffer.from(await readAll(upstream.body, largestErrorBody)).toString("utf8");
  const parsed = parse(text);
  const error = candidate.endpoint.wire.decodeError(
    upstream.status,
    upstream.headers,
    isObject(parsed) ? parsed : text,
    candidate.deployment.provider,
  );
  return error;
}

async function readWhole<Op extends Operation>(
  upstream: UpstreamReply,
  prepared: Prepared<Op>,
  entry: Entry,
  candidate: Candidate,
  deps: AttemptDeps,
): Promise<Reply<Op>> {
  const bytes = await readAll(upstream.body, deps.replyBytes);
  const json = parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  if (!isObject(json)) throw badReply(candidate.deployment.provider, "its reply is not a JSON object");
  if (prepared.relay === undefined) {
    const decoder = prepared.decoder();
    const result = decoder.whole(json);
    entry.warn(decoder);
    entry.settle(finished, {
      model: result.model,
      usage: result.usage,
      finish: result.choices[0]?.finish,
      content: true,
      ended: true,
      done: true,
    });
    return { stream: false, result };
  }
  const { relay, decoder } = prepared;
  const verdict = relay.whole(json);
  const facts = relay.observed();
  if (facts.error !== undefined) throw facts.error;
  entry.settle(finished, facts);
  return new RelayedWhole<Op>(json, verdict === "keep" ? bytes : Buffer.from(JSON.stringify(verdict)), decoder);
}

/** A whole reply passed on as it came; decoded only if somebody asks for the result. */
class RelayedWhole<Op extends Operation> {
  readonly stream = false;
  readonly raw: Uint8Array;
  readonly #json: JsonObject;
  readonly #decoder: () => ReplyDecoder<Op>;
  #result: ReturnType<ReplyDecoder<Op>["whole"]> | undefined;

  constructor(json: JsonObject, raw: Uint8Array, decoder: () => ReplyDecoder<Op>) {
    this.#json = json;
    this.raw = raw;
    this.#decoder = decoder;
  }

  get result(): ReturnType<ReplyDecoder<Op>["whole"]> {
    this.#result ??= this.#decoder().whole(this.#json);
    return this.#result;
  }
}

async function openStream<Op extends Operation>(
  upstream: UpstreamReply,
  prepared: Prepared<Op>,
  entry: Entry,
  deps: AttemptDeps,
  startedAt: number,
): Promise<Reply<Op>> {
  const type = upstream.headers["content-type"];
  if (type !== undefined && !/^(?:text\/event-stream|application\/octet-stream|text\/plain)\b/i.test(type)) {
    upstream.body.cancel();
    throw badReply(entry.provider, `it answered a streaming call with ${type.slice(0, 60)}`);
  }
  const stream = streamOf(upstream, prepared, entry);
  let late = false;
  const stopTimer = deps.clock.after(Math.max(1, deps.timeouts.firstTokenMs - (deps.clock.now() - startedAt)), () => {
    late = true;
    upstream.body.cancel();
  });
  try {
    await stream.open();
  } catch (thrown) {
    upstream.body.cancel();
    if (late)
      throw new GatewayError("timeout", `${entry.provider} gave no content in time (timeouts.first_token).`, { cause: thrown });
    throw thrown;
  } finally {
    stopTimer();
  }
  entry.onContent(stream.facts().model);
  return { stream: true, relayed: prepared.relay !== undefined, batches: stream };
}

function streamOf<Op extends Operation>(upstream: UpstreamReply, prepared: Prepared<Op>, entry: Entry): UpstreamStream<Op> {
  if (prepared.relay !== undefined) {
    return new RelayedStream(upstream.body, prepared.relay, prepared.decoder, (terminal, facts) => entry.settle(terminal, facts));
  }
  const decoder = prepared.decoder();
  return new TranslatedStream(upstream.body, decoder, (terminal, facts) => {
    entry.warn(decoder);
    entry.settle(terminal, facts);
  });
}

/** An attempt's open ledger entry, with the times it has seen. */
class Entry {
  readonly #open: OpenAttempt;
  readonly #call: Call;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #upstream: UpstreamReply | undefined;
  #headersMs: number | undefined;
  #contentMs: number | undefined;

  constructor(open: OpenAttempt, call: Call, clock: Clock, startedAt: number) {
    this.#open = open;
    this.#call = call;
    this.#clock = clock;
    this.#startedAt = startedAt;
  }

  get provider(): string {
    return this.#call.record.provider ?? "The provider";
  }

  onHeaders(upstream: UpstreamReply): void {
    this.#upstream = upstream;
    this.#headersMs = this.#clock.now() - this.#startedAt;
  }

  onContent(model: string | undefined): void {
    this.#contentMs = this.#clock.now() - this.#startedAt;
    if (model !== undefined) this.#call.record.model = model;
  }

  /** What the decoder skipped or mended is the caller's to know. */
  warn({ warnings }: Pick<ReplyDecoder<Operation>, "warnings">): void {
    if (warnings !== undefined && warnings.length > 0) this.#call.warnings.add(...warnings);
  }

  settle(terminal: Terminal, facts: Partial<StreamFacts>): void {
    if (facts.model !== undefined) this.#call.record.model = facts.model;
    this.#open.settle({
      terminal: terminal.kind,
      errorCode: "error" in terminal ? terminal.error.code : undefined,
      status: this.#upstream?.status,
      servedModel: facts.model,
      finishReason: facts.finish?.reason,
      finishRaw: facts.finish?.raw ?? undefined,
      usage: facts.usage,
      upstreamRequestId: this.#upstream === undefined ? undefined : requestId(this.#upstream.headers),
      headersMs: this.#headersMs,
      firstContentMs: this.#contentMs,
      durationMs: this.#clock.now() - this.#startedAt,
      warnings: this.#call.warnings.list,
    });
  }
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const badReply = (provider: string, what: string): GatewayError =>
  new GatewayError("bad_reply", `${provider} sent something that is no answer: ${what}.`, { upstream: { provider } });
