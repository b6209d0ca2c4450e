import { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import { contentCoding, DecodedBody } from "./decoded-body.ts";
import { decodedHeaders, incomingHeaders } from "./headers.ts";
import type { OriginPool } from "./origin-pool.ts";
import { explain, late, type Phase, TransportError } from "./transport-error.ts";
import type { BodyReader, UpstreamReply, UpstreamRequest, UpstreamTimeouts } from "./upstream.ts";

/** Unread bytes from which on the provider is made to wait. */
const QUEUE_BYTES = 64 * 1024;
/** Interim (1xx) replies that are passed over. */
const INTERIM_REPLIES = 64;
/** A kept-alive connection that breaks later than this after the request was not stale: the provider may be at work on it. */
const STALE_MS = 1000;

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: GatewayError): void;
}

/** One request and its reply, as undici's handler and as the body's reader. */
export class Exchange implements Dispatcher.DispatchHandler, BodyReader {
  readonly #pool: OriginPool;
  readonly #peer: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #timeouts: UpstreamTimeouts;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: Phase = "connecting";
  /** The connection was made for this request. */
  #fresh = false;
  /** A byte of the reply has come. */
  #begun = false;
  #interim = 0;

  /** Set until the headers are there. */
  #answer: Waiter<UpstreamReply> | undefined;
  /** Set while a `read()` waits. */
  #reader: Waiter<Uint8Array | undefined> | undefined;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #paused = false;
  #flushing = false;
  /** Nothing more will come: the body has ended, or `#failure` says why it has not. */
  #over = false;
  #failure: GatewayError | undefined;

  readonly #totalDue: number;
  /** When the phase began, or the last bytes came. */
  #since: number;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;

  constructor(pool: OriginPool, clock: Clock, request: UpstreamRequest, answer: Waiter<UpstreamReply>) {
    this.#pool = pool;
    this.#peer = request.peer ?? pool.peer;
    this.#clock = clock;
    this.#signal = request.signal;
    this.#timeouts = request.timeouts;
    this.#answer = answer;
    this.#since = clock.now();
    this.#totalDue = this.#since + request.timeouts.totalMs;
    request.signal.addEventListener("abort", this);
    this.#arm();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) {
      // Thrown, not aborted: undici then drops the request and keeps the connection.
      throw this.#failure ?? new Error("given up");
    }
    this.#controller = controller;
    this.#fresh = this.#pool.handingOver;
    this.#enter("waiting");
  }

  onResponseStarted(): void {
    this.#begun = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (this.#over) return;
    if (status < 200) {
      if (++this.#interim > INTERIM_REPLIES) this.#fail(this.#bad("sent interim replies without end"));
      return;
    }
    this.#enter("reading");
    const bag = incomingHeaders(headers);
    const coding = contentCoding(bag["content-encoding"]);
    if (coding === undefined) {
      this.#fail(this.#bad("encoded its reply in a way that was not asked for"));
      return;
    }
    const answer = this.#answer;
    this.#answer = undefined;
    if (coding === "identity") answer?.resolve({ status, headers: bag, body: this });
    else answer?.resolve({ status, headers: decodedHeaders(bag), body: new DecodedBody(this, coding, this.#peer) });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // undici flushes its parser with nothing when it resumes.
    if (this.#over || chunk.length === 0) return;
    this.#since = this.#clock.now();
    this.#queue.push(chunk);
    this.#queued += chunk.length;
    if (this.#queued >= QUEUE_BYTES) {
      this.#paused = true;
      controller.pause();
    }
    if (this.#reader !== undefined) this.#flushSoon();
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#close();
    if (this.#reader !== undefined) this.#flushSoon();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#over) return;
    const stale = !this.#fresh && !this.#begun && this.#clock.now() - this.#since < STALE_MS;
    this.#end(explain(error, { peer: this.#peer, phase: this.#phase, stale }));
  }

  /** The signal's listener. */
  handleEvent(): void {
    const reason: unknown = this.#signal.reason;
    const sent = this.#phase !== "connecting";
    this.#queue = [];
    this.#fail(reason instanceof GatewayError ? reason : new TransportError("cancelled", "The call was cancelled.", sent));
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#queue.length > 0) return Promise.resolve(this.#take());
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#over) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  cancel(): void {
    if (this.#over && this.#failure === undefined) {
      this.#queue = [];
      return;
    }
    this.handleEvent();
  }

  /** Everything queued, as one piece. */
  #take(): Uint8Array | undefined {
    const queue = this.#queue;
    const bytes = queue.length === 1 ? queue[0] : Buffer.concat(queue, this.#queued);
    this.#queue = [];
    this.#queued = 0;
    if (this.#paused) {
      this.#paused = false;
      this.#since = this.#clock.now();
      this.#controller?.resume();
    }
    return bytes;
  }

  /** Answers the waiting read once all events of this network read are in. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    if (this.#queue.length > 0) reader.resolve(this.#take());
    else if (this.#failure !== undefined) reader.reject(this.#failure);
    else reader.resolve(undefined);
  }

  #bad(what: string): TransportError {
    return new TransportError("bad_reply", `${this.#peer} ${what}.`, true);
  }

  /** We give up: the connection is closed at once. */
  #fail(error: GatewayError): void {
    if (this.#over) return;
    this.#end(error);
    this.#controller?.abort(error);
  }

  #end(error: GatewayError): void {
    this.#failure = error;
    this.#close();
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.reject(error);
    if (this.#reader !== undefined) this.#flushSoon();
  }

  #close(): void {
    this.#over = true;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#signal.removeEventListener("abort", this);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#since = this.#clock.now();
    if (this.#due() < this.#armedFor) this.#arm();
  }

  #due(): number {
    const { connectMs, firstByteMs, idleMs } = this.#timeouts;
    const phaseMs = this.#phase === "connecting" ? connectMs : this.#phase === "waiting" ? firstByteMs : idleMs;
    return Math.min(this.#since + phaseMs, this.#totalDue);
  }

  /** One timer for all phases. Later due times do not move it: it looks again when it fires. */
  #arm(): void {
    this.#disarm?.();
    this.#armedFor = this.#due();
    this.#disarm = this.#clock.after(Math.max(0, this.#armedFor - this.#since), this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#disarm = undefined;
    const now = this.#clock.now();
    if (this.#paused) this.#since = now;
    const due = this.#due();
    if (now >= due) {
      const total = due === this.#totalDue;
      this.#fail(late(this.#phase, total, now - this.#since, this.#peer));
      return;
    }
    this.#armedFor = due;
    this.#disarm = this.#clock.after(due - now, this.#onTimer);
  };
}
