import type { HeaderBag } from "../canonical/call.ts";

/** The four timers of a request, in milliseconds. A phase past its time ends the request with GatewayError `timeout`. */
export interface UpstreamTimeouts {
  /** Until a connection is there (free in the pool, or made anew). */
  readonly connectMs: number;
  /** From the request's sending to the reply's headers. */
  readonly firstByteMs: number;
  /** Between two pieces of the reply's body. Time during which our reader kept the provider waiting does not count. */
  readonly idleMs: number;
  /** What remains for all of it, the body's end included. */
  readonly totalMs: number;
}

export interface UpstreamRequest {
  /** What the other side is called in messages, which callers read. Default: host and port. */
  readonly peer?: string | undefined;
  /** Scheme, host and port: `https://api.openai.com`. From the operator's configuration only. */
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** Sent as they are, but for `host`, `content-length`, `accept-encoding` and hop-by-hop ones, which the transport sets itself. */
  readonly headers: HeaderBag;
  /** Pieces are sent one after the other as one body. */
  readonly body?: readonly Uint8Array[] | string | undefined;
  /** Closes the connection at once, wherever the request is. Its reason is what `send` and `read` reject with if it is a GatewayError. */
  readonly signal: AbortSignal;
  readonly timeouts: UpstreamTimeouts;
}

/** Whoever sends requests to providers. */
export interface Sender {
  /** Resolves once the reply's headers are there, whatever its status. */
  send(request: UpstreamRequest): Promise<UpstreamReply>;
}

export interface UpstreamReply {
  /** Redirects (3xx) are given like any other reply, never followed. */
  readonly status: number;
  readonly headers: HeaderBag;
  /** Must be read to its end or cancelled: until then it holds its connection. */
  readonly body: BodyReader;
}

/** A reply's body. One `read()` at a time. */
export interface BodyReader {
  /**
   * Everything that has arrived since the last read, in one piece; undefined once the body has ended in good order. Rejects
   * with GatewayError `truncated`, `timeout`, `bad_reply` or `cancelled`, after what arrived before it was given.
   */
  read(): Promise<Uint8Array | undefined>;
  /** No more is wanted: closes the connection unless the body has already ended. */
  cancel(): void;
}
