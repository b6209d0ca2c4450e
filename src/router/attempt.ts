import type { Call, HeaderBag } from "../canonical/call.ts";
import { type ErrorCode, GatewayError, toGatewayError } from "../canonical/error.ts";
import { isObject, type JsonObject } from "../canonical/json.ts";
import type { Redact } from "../canonical/log.ts";
import type { Operation } from "../canonical/operations.ts";
import type { AttemptLog, Clock, Pins } from "../canonical/ports.ts";
import type { Reply } from "../canonical/reply.ts";
import { type BodyReader, readAll, type Sender, TransportError, type UpstreamReply } from "../transport/http-transport.ts";
import { retryAfterMs } from "../transport/retry-after.ts";
import type { Codec, WireRequest } from "../wires/wire.ts";
import { AttemptEntry } from "./attempt-entry.ts";
import type { Candidate } from "./candidate.ts";
import { prepare } from "./prepare.ts";
import { callerHeaders, withRequestId } from "./reply-headers.ts";
import { streamReply } from "./stream-reply.ts";
import { upstreamRequest } from "./upstream-request.ts";
import { parseJson, wholeReply } from "./whole-reply.ts";

export interface AttemptTimeouts {
  readonly connectMs: number;
  /** From sending to the first content of a stream. */
  readonly firstTokenMs: number;
  readonly betweenChunksMs: number;
}

export interface AttemptDeps {
  /** Keeps to the places that the call's own configuration opens. */
  readonly transport: Sender;
  readonly log: AttemptLog;
  /** Where it is noted which deployment keeps which answer. */
  readonly pins?: Pins | undefined;
  readonly clock: Clock;
  readonly timeouts: AttemptTimeouts;
  /** The largest whole reply that is taken, in bytes. */
  readonly replyBytes: number;
  /** Takes out the secrets that a provider quotes. */
  readonly redact?: Redact | undefined;
}

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
  const { clock, timeouts, replyBytes } = deps;
  const { wire } = candidate.endpoint;
  const codec: Codec<Op> | undefined = wire.codecs[call.operation];
  if (codec === undefined) throw new GatewayError("unsupported", `The ${wire.name} wire cannot carry ${call.operation} calls.`);
  const prepared = prepare(call, candidate, codec);
  call.record.startWaiting(clock.now());
  const entry = new AttemptEntry(call, candidate, number, prepared.relay !== undefined, deps);
  try {
    const upstream = await send(call, candidate, prepared.wireRequest, entry.traceparent, deps);
    entry.onHeaders(upstream);
    call.record.headers = callerHeaders(upstream.headers, deps.redact);
    if (upstream.status < 200 || upstream.status > 299) throw await readError(upstream, call, candidate, deps);
    call.record.headers = withRequestId(call.record.headers, call);
    return call.stream
      ? await streamReply(upstream, prepared, entry, {
          clock,
          firstTokenMs: timeouts.firstTokenMs,
          replyBytes,
          redact: deps.redact,
        })
      : wholeReply(await readAll(upstream.body, replyBytes), prepared, entry);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    entry.fail(error);
    throw error;
  } finally {
    call.record.stopWaiting(clock.now());
  }
}

function send(
  call: Call,
  candidate: Candidate,
  request: WireRequest,
  traceparent: string | undefined,
  deps: AttemptDeps,
): Promise<UpstreamReply> {
  const { timeouts, clock } = deps;
  const remaining = call.deadline - clock.now();
  if (remaining <= 0) {
    const message = "The call's time was used up before the provider could be asked.";
    throw new TransportError("timeout", message, false, { retryable: false });
  }
  const { method = "POST", path, headers, body } = request;
  const { deployment, provider, endpoint, base } = candidate;
  return deps.transport.send({
    ...upstreamRequest(
      { deployment, auth: endpoint.auth ?? provider.auth, base },
      {
        method,
        path,
        headers: upstreamHeaders(headers, body !== undefined, traceparent),
        body: body === undefined || isPieces(body) ? body : written(body),
      },
    ),
    signal: call.signal,
    timeouts: {
      connectMs: timeouts.connectMs,
      firstByteMs: call.stream ? Math.min(timeouts.firstTokenMs, remaining) : remaining,
      idleMs: timeouts.betweenChunksMs,
      totalMs: remaining,
    },
  });
}

/** A call's arguments are JSON within JSON, whose depth nobody has checked before they are put into a body. */
function written(body: JsonObject): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    const message = "The request is nested too deep to be written for its provider, most likely in a tool call's arguments.";
    throw new TransportError("invalid_request", message, false, { cause });
  }
}

const isPieces = (body: NonNullable<WireRequest["body"]>): body is readonly Uint8Array[] => Array.isArray(body);

const upstreamHeaders = (headers: HeaderBag, hasBody: boolean, traceparent: string | undefined): HeaderBag => ({
  ...headers,
  ...(traceparent !== undefined && { traceparent }),
  ...(hasBody && { "content-type": "application/json" }),
  accept: "application/json, text/event-stream",
  "user-agent": "polygate",
});

/** What some wires tell by 400 and a word of their own, and callers of others know by its status. */
const plainly: ReadonlyMap<ErrorCode, number> = new Map([
  ["model_not_found", 404],
  ["provider_credential", 401],
]);

/** The error that a reply other than 2xx stands for. Its status is the caller's to see: it says best whether to try again. */
async function readError(
  upstream: UpstreamReply,
  call: Call,
  candidate: Candidate,
  { clock, redact }: AttemptDeps,
): Promise<GatewayError> {
  const { status, headers, body } = upstream;
  if (status < 400) {
    body.cancel();
    const { provider } = candidate.deployment;
    throw new GatewayError(
      "bad_reply",
      `${provider} answered with HTTP ${status} where an answer was due. The operator has to check its base_url.`,
      {
        retryable: false,
        upstream: { provider, status },
      },
    );
  }
  const { credential, provider } = candidate.deployment;
  const read = await readErrorText(body);
  // Some providers quote what they refuse.
  const secret = credential?.reveal() ?? "";
  // So short a word is no secret, and stands in others.
  const plain = secret.length < 8 ? read : read.replaceAll(secret, "[secret]");
  const text = redact === undefined ? plain : redact(plain);
  const json = parseJson(text);
  const error = candidate.endpoint.wire.decodeError(status, headers, isObject(json) ? json : text, provider);
  const plainer = status === 400 && call.callerWire !== candidate.endpoint.wire.name ? plainly.get(error.code) : undefined;
  return error.with({
    status: plainer ?? (status >= 400 && status <= 599 ? status : undefined),
    retryAfterMs: longest(error.retryAfterMs, error.retryable ? retryAfterMs(headers, clock.wall()) : undefined),
  });
}

const longest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);

/** As much of an error's body as there is: the status counts, however its explanation ends. Throws `cancelled` only. */
async function readErrorText(body: BodyReader): Promise<string> {
  const pieces: Uint8Array[] = [];
  try {
    for (let length = 0; length < largestErrorBody; ) {
      const piece = await body.read();
      if (piece === undefined) break;
      pieces.push(piece);
      length += piece.length;
    }
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.code === "cancelled") throw error;
  }
  body.cancel();
  return Buffer.concat(pieces).toString("utf8", 0, largestErrorBody);
}
