import { GatewayError } from "../canonical/error.ts";
import type { Redact } from "../canonical/log.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Clock } from "../canonical/ports.ts";
import type { Batches, Reply } from "../canonical/reply.ts";
import { finished, type Terminal } from "../canonical/terminal.ts";
import { type BodyReader, readAll, type UpstreamReply } from "../transport/http-transport.ts";
import type { Observed } from "../wires/wire.ts";
import type { AttemptEntry } from "./attempt-entry.ts";
import type { Prepared } from "./prepare.ts";
import { RelayedStream } from "./relayed-stream.ts";
import { TranslatedStream } from "./translated-stream.ts";
import type { UpstreamStream } from "./upstream-stream.ts";
import { noAnswer, wholeReply } from "./whole-reply.ts";

type StreamReply<Op extends Operation> = Extract<Reply<Op>, { stream: true }>;
type WholeReply<Op extends Operation> = Extract<Reply<Op>, { stream: false }>;

export interface StreamLimits {
  readonly clock: Clock;
  /** From the attempt's start to the first content. */
  readonly firstTokenMs: number;
  /** Of a whole reply where a stream was asked for. */
  readonly replyBytes: number;
  /** Takes out the secrets that a provider quotes in an error. */
  readonly redact?: Redact | undefined;
}

/**
 * Opens a streamed reply: resolves once content is there. What the body is, is seen from its first byte and not from its
 * content type, which providers get wrong; a whole JSON answer is given as a stream. Rejects with the GatewayError of a stream
 * that failed before content.
 */
export async function streamReply<Op extends Operation>(
  upstream: UpstreamReply,
  prepared: Prepared<Op>,
  entry: AttemptEntry,
  limits: StreamLimits,
): Promise<StreamReply<Op>> {
  const { clock, firstTokenMs } = limits;
  const { body } = upstream;
  let late = false;
  const stopTimer = clock.after(Math.max(1, firstTokenMs - (clock.now() - entry.startedAt)), () => {
    late = true;
    body.cancel();
  });
  try {
    const first = await body.read();
    if (first === undefined) throw noAnswer(entry.provider, "");
    const reader = new Resumed(first, body);
    switch (kindOf(first)) {
      case "json":
        return whole(wholeReply(await readAll(reader, limits.replyBytes), { ...prepared, relay: undefined }, entry), prepared);
      case "html":
        throw noAnswer(entry.provider, "<");
      case "events": {
        const stream = streamOf(reader, prepared, entry, limits.redact);
        entry.observe(() => stream.lastFacts());
        await stream.open();
        entry.onContent(stream.facts());
        const { losable } = stream.facts();
        return {
          stream: true,
          relayed: prepared.relay !== undefined,
          batches: stream,
          ...(stream instanceof RelayedStream && { closing: () => stream.closing() }),
          ...(losable !== undefined && { losable: () => stream.facts().losable === true }),
        };
      }
    }
  } catch (thrown) {
    body.cancel();
    if (!late) throw thrown;
    throw new GatewayError("timeout", `${entry.provider} gave no content in time (timeouts.first_token).`, { cause: thrown });
  } finally {
    stopTimer();
  }
}

function streamOf<Op extends Operation>(
  reader: BodyReader,
  prepared: Prepared<Op>,
  entry: AttemptEntry,
  redact: Redact | undefined,
): UpstreamStream<Op> {
  if (prepared.relay !== undefined) {
    const settle = (terminal: Terminal, facts: Observed): void => entry.settle(terminal, facts);
    return new RelayedStream(reader, prepared.relay, prepared.decoder, entry.callId, settle, redact);
  }
  const decoder = prepared.decoder();
  const settle = (terminal: Terminal, facts: Observed): void => {
    entry.warn(decoder);
    entry.settle(terminal, facts);
  };
  return new TranslatedStream(reader, decoder, settle, redact);
}

function kindOf(bytes: Uint8Array): "json" | "html" | "events" {
  for (const byte of bytes) {
    if (byte === 0x7b || byte === 0x5b) return "json";
    if (byte === 0x3c) return "html";
    if (byte > 0x20) return "events";
  }
  return "events";
}

/** A whole result as a stream of one batch. */
function whole<Op extends Operation>(reply: Pick<WholeReply<Op>, "result">, { shape }: Prepared<Op>): StreamReply<Op> {
  const chunks = shape.explode?.(reply.result) ?? [];
  let given = false;
  const batches: Batches<Op> = {
    next: () => {
      if (given) return Promise.resolve({ done: true, value: finished });
      given = true;
      return Promise.resolve({ done: false, value: [{ chunks: () => chunks }] });
    },
    return: (terminal) => Promise.resolve({ done: true, value: terminal }),
  };
  return { stream: true, relayed: false, batches };
}

/** A body of which the first piece has been read already. */
class Resumed implements BodyReader {
  #first: Uint8Array | undefined;
  readonly #rest: BodyReader;

  constructor(first: Uint8Array, rest: BodyReader) {
    this.#first = first;
    this.#rest = rest;
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#first === undefined) return this.#rest.read();
    const first = this.#first;
    this.#first = undefined;
    return Promise.resolve(first);
  }

  cancel(): void {
    this.#rest.cancel();
  }
}
