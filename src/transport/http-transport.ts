import { Buffer } from "node:buffer";
import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import { bareHost, type EgressPolicy, portOf } from "./egress.ts";
import { Exchange } from "./exchange.ts";
import { outgoingHeaders } from "./headers.ts";
import type { Egress } from "./network.ts";
import { OriginPool, type PoolOptions } from "./origin-pool.ts";
import { TransportError } from "./transport-error.ts";
import type { BodyReader, Sender, UpstreamReply, UpstreamRequest } from "./upstream.ts";

export { TransportError } from "./transport-error.ts";
export type { BodyReader, Sender, UpstreamReply, UpstreamRequest } from "./upstream.ts";

export interface HttpTransportOptions {
  readonly clock: Clock;
  /** Most connections to one origin at a time; further requests wait for one under `connectMs`. Default 1024. */
  readonly connections?: number | undefined;
  /** Ceiling over every request's `connectMs`. Default 30,000. */
  readonly connectMs?: number | undefined;
  /** Where it may connect to, and how. */
  readonly egress: Egress;
}

/**
 * HTTP/1.1 to providers over kept-alive connections, one pool per origin and what the policy says of it: nobody gets a
 * connection that its own policy would not have allowed.
 *
 * Every failure is a TransportError (or the signal's own GatewayError): `unreachable` before the reply, `truncated` in its
 * middle, `timeout`, `bad_reply` for what is no HTTP or passes a limit, `cancelled`. Messages name host and port, no secret.
 */
export class HttpTransport implements Sender {
  readonly #clock: Clock;
  readonly #connections: number;
  readonly #connectMs: number;
  readonly #egress: Egress;
  readonly #pools = new Map<string, OriginPool>();
  #inForce: Under | undefined;
  #closed = false;

  constructor(options: HttpTransportOptions) {
    this.#clock = options.clock;
    this.#connections = options.connections ?? 1024;
    this.#connectMs = options.connectMs ?? 30_000;
    this.#egress = options.egress;
  }

  /** By the policy that is in force when it is sent. */
  send(request: UpstreamRequest): Promise<UpstreamReply> {
    const policy = this.#egress.policy();
    if (this.#inForce?.policy !== policy) this.#inForce = this.under(policy);
    return this.#inForce.send(request);
  }

  /** Sends by that policy, whatever else comes into force: a call keeps the way out that it began with. */
  under(policy: EgressPolicy): Under {
    const pools = new Map<string, OriginPool>();
    const poolOf = (origin: string): OriginPool => {
      const known = pools.get(origin);
      if (known !== undefined) return known;
      const pool = this.#pool(origin, policy);
      pools.set(origin, pool);
      return pool;
    };
    return { policy, send: (request) => this.#send(request, poolOf) };
  }

  #send(request: UpstreamRequest, poolOf: (origin: string) => OriginPool): Promise<UpstreamReply> {
    const { signal, method, path, headers, body } = request;
    if (signal.aborted) return Promise.reject(cancellation(signal));
    if (this.#closed) return Promise.reject(new TransportError("gateway_overloaded", "The gateway is shutting down.", false));
    return new Promise((resolve, reject) => {
      const pool = poolOf(request.origin);
      const exchange = new Exchange(pool, this.#clock, request, { resolve, reject });
      pool.dispatcher.dispatch({ method, path, headers: outgoingHeaders(headers), body: wholeBody(body) }, exchange);
    });
  }

  /** Closes every connection; requests under way reject. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  #pool(origin: string, policy: EgressPolicy): OriginPool {
    const url = URL.parse(origin);
    const key = `${origin} ${url === null ? "" : policy.scope(bareHost(url.hostname), portOf(url))}`;
    const found = this.#pools.get(key);
    if (found) return found;
    const pool = openPool(origin, {
      connections: this.#connections,
      connectMs: this.#connectMs,
      egress: { ...this.#egress, policy: () => policy },
      clock: this.#clock,
    });
    this.#pools.set(key, pool);
    return pool;
  }
}

/** Sends by one policy. */
export interface Under extends Sender {
  readonly policy: EgressPolicy;
}

function openPool(origin: string, options: PoolOptions): OriginPool {
  try {
    return new OriginPool(origin, options);
  } catch (cause) {
    const message = "The provider's address is no http or https origin. The operator mends its base_url.";
    throw new TransportError("internal", message, false, { retryable: false, cause });
  }
}

function cancellation(signal: AbortSignal): GatewayError {
  const reason: unknown = signal.reason;
  return reason instanceof GatewayError ? reason : new TransportError("cancelled", "The call was cancelled.", false);
}

function wholeBody(body: UpstreamRequest["body"]): string | Uint8Array | null {
  if (body === undefined || typeof body === "string") return body ?? null;
  const [first] = body;
  return body.length === 1 && first !== undefined ? first : Buffer.concat(body);
}

/** The whole body. One larger than `capBytes` is cancelled and throws GatewayError `bad_reply`: another would be paid for again and be no smaller. */
export async function readAll(body: BodyReader, capBytes: number): Promise<Uint8Array> {
  const first = await body.read();
  if (first === undefined) return new Uint8Array(0);
  const pieces = [first];
  let length = first.length;
  for (;;) {
    if (length > capBytes) {
      body.cancel();
      throw new GatewayError(
        "bad_reply",
        `The provider's reply is larger than the ${capBytes} bytes that are taken. Ask for less at once, stream the answer, or have the operator raise \`limits.reply_bytes\`.`,
        { retryable: false },
      );
    }
    const piece = await body.read();
    if (piece === undefined) return pieces.length === 1 ? first : Buffer.concat(pieces, length);
    pieces.push(piece);
    length += piece.length;
  }
}
