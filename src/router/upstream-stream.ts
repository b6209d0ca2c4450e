import { GatewayError, toGatewayError } from "../canonical/error.ts";
import type { Redact } from "../canonical/log.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Batches, StreamItem } from "../canonical/reply.ts";
import { cancelled, finished, type Terminal } from "../canonical/terminal.ts";
import type { BodyReader } from "../transport/http-transport.ts";
import type { Observed } from "../wires/wire.ts";

/** Bytes that are read for the first content, itself included; comments and roles without end are no answer. */
const mostBeforeContent = 5 * 1024 * 1024;

type Batch<Op extends Operation> = readonly StreamItem<Op>[];
type Step<Op extends Operation> = IteratorResult<Batch<Op>, Terminal>;

/**
 * A provider's stream on its way to the caller. `open()` holds everything back until content is there, so that a stream that
 * fails before can still be tried again elsewhere; from then on `next()` gives one batch per network read, and the one
 * terminal at the end. There is no way back from `next()` to a retry.
 */
export abstract class UpstreamStream<Op extends Operation> implements Batches<Op> {
  readonly #reader: BodyReader;
  readonly #onTerminal: (terminal: Terminal, facts: Observed) => void;
  readonly #redact: Redact;
  #held: StreamItem<Op>[] = [];
  #terminal: Terminal | undefined;

  constructor(reader: BodyReader, onTerminal: (terminal: Terminal, facts: Observed) => void, redact: Redact = (text) => text) {
    this.#reader = reader;
    this.#onTerminal = onTerminal;
    this.#redact = redact;
  }

  abstract facts(): Observed;

  /** What the books are told, once it is known how the stream ended. */
  lastFacts(): Observed {
    return this.facts();
  }

  /** Reads one network read. Throws GatewayError `bad_reply`. */
  protected abstract take(bytes: Uint8Array): Batch<Op>;
  /** The provider's bytes are over. */
  protected abstract finish(): Batch<Op>;
  /**
   * What the caller is shown when the stream did not end by itself: the error, where the ingress does not write it, or what
   * the decoder and the wire still owe to an answer that was whole before its connection failed (`finished`).
   */
  protected abstract cut(terminal: Terminal): Batch<Op>;

  /** Resolves once content (or a clean end without any) is held; rejects with the error of a stream that failed before. */
  async open(): Promise<void> {
    for (let taken = 0; ; ) {
      let bytes: Uint8Array | undefined;
      try {
        bytes = await this.#reader.read();
      } catch (thrown) {
        const error = toGatewayError(thrown);
        if (!this.#isWhole(error)) throw error;
        this.#fail(error);
        return;
      }
      taken += bytes?.length ?? 0;
      this.#held.push(...(bytes === undefined ? this.finish() : this.take(bytes)));
      const { error, content, ended, done } = this.facts();
      if (error !== undefined && !content) {
        this.#reader.cancel();
        throw error;
      }
      if (content || done || (bytes === undefined && ended)) {
        this.#look(bytes === undefined);
        return;
      }
      if (bytes === undefined) throw truncated();
      if (taken > mostBeforeContent) {
        this.#reader.cancel();
        throw new GatewayError("bad_reply", `The provider sent ${taken} bytes of stream without any content in them.`);
      }
    }
  }

  next(): Promise<Step<Op>> {
    if (this.#held.length > 0) {
      const value = this.#held;
      this.#held = [];
      return Promise.resolve({ done: false, value });
    }
    if (this.#terminal !== undefined) return Promise.resolve({ done: true, value: this.#terminal });
    return this.#reader.read().then(this.#onBytes, this.#onFailure);
  }

  return(terminal: Terminal): Promise<Step<Op>> {
    this.#held = [];
    if (this.#terminal === undefined) {
      this.#reader.cancel();
      this.#conclude(terminal);
    }
    return Promise.resolve({ done: true, value: this.#terminal ?? terminal });
  }

  readonly #onBytes = (bytes: Uint8Array | undefined): Step<Op> | Promise<Step<Op>> => {
    const batch = this.#takeIn(bytes);
    if (batch.length > 0) return { done: false, value: batch };
    return this.#terminal === undefined ? this.#further() : this.next();
  };

  readonly #onFailure = (thrown: unknown): Promise<Step<Op>> => {
    this.#fail(toGatewayError(thrown));
    return this.next();
  };

  /** Reads on after a read that gave nothing. A loop: chained promises would pile up while a long event comes in small pieces. */
  async #further(): Promise<Step<Op>> {
    try {
      for (;;) {
        const batch = this.#takeIn(await this.#reader.read());
        if (batch.length > 0) return { done: false, value: batch };
        if (this.#terminal !== undefined) return this.next();
      }
    } catch (thrown) {
      return this.#onFailure(thrown);
    }
  }

  /** Never throws: what cannot be read concludes the stream. */
  #takeIn(bytes: Uint8Array | undefined): Batch<Op> {
    let batch: Batch<Op>;
    try {
      batch = bytes === undefined ? this.finish() : this.take(bytes);
    } catch (thrown) {
      this.#reader.cancel();
      this.#fail(toGatewayError(thrown));
      return [];
    }
    this.#look(bytes === undefined);
    return batch;
  }

  /** Decides whether the stream is over after what was just read. */
  #look(bytesOver: boolean): void {
    const { error, ended, done } = this.facts();
    if (error !== undefined) {
      this.#reader.cancel();
      this.#conclude({ kind: "error", error: error.withoutSecrets(this.#redact) });
    } else if (done || (bytesOver && ended)) {
      this.#conclude(finished);
      if (!bytesOver) void drain(this.#reader);
    } else if (bytesOver) this.#fail(truncated());
  }

  /** Whole frames, without the secrets in them. */
  protected withoutSecrets(frames: Uint8Array): Uint8Array {
    const text = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength).toString("utf8");
    const clean = this.#redact(text);
    return clean === text ? frames : Buffer.from(clean);
  }

  #fail(error: GatewayError): void {
    const terminal = this.#isWhole(error) ? finished : terminalOf(error);
    this.#held.push(...this.cut(terminal));
    this.#conclude(terminal);
  }

  /** Some providers leave without an end marker, some without closing the connection: a whole answer is whole. */
  #isWhole(failure: GatewayError): boolean {
    return this.facts().ended && failure.code !== "cancelled";
  }

  #conclude(terminal: Terminal): void {
    if (this.#terminal !== undefined) return;
    this.#terminal = terminal;
    this.#onTerminal(terminal, this.lastFacts());
  }
}

/** How an answer ended that failed with this error. */
export function terminalOf(error: GatewayError): Terminal {
  if (error.code === "cancelled") return cancelled;
  return { kind: error.code === "truncated" ? "truncated" : "error", error };
}

const truncated = (): GatewayError =>
  new GatewayError(
    "truncated",
    "The provider's stream broke off before its end. What arrived is not the whole answer; try again.",
  );

/** Reads the little that may follow an end marker, so that the connection can serve the next call. */
async function drain(reader: BodyReader): Promise<void> {
  try {
    for (let reads = 0; reads < 8; reads++) {
      if ((await reader.read()) === undefined) return;
    }
  } catch {
    // The answer is complete; how its connection ended is of no interest.
  }
  reader.cancel();
}
