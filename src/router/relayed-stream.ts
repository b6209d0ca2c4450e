import type { Redact } from "../canonical/log.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { StreamItem } from "../canonical/reply.ts";
import { forCall, type Terminal } from "../canonical/terminal.ts";
import { SseDecoder } from "../framing/sse-decoder.ts";
import { encodeEvents } from "../framing/sse-encoder.ts";
import { parseFrame, SseFrames, splitFrames } from "../framing/sse-frames.ts";
import type { BodyReader } from "../transport/http-transport.ts";
import type { Observed, Relay, ReplyDecoder } from "../wires/wire.ts";
import { passFrames } from "./pass-frames.ts";
import { UpstreamStream } from "./upstream-stream.ts";
import { parseJson } from "./whole-reply.ts";

/**
 * A provider's stream passed on as it came. Frames are looked into until content has passed; after that only where the relay's
 * `interesting` pattern finds something in them, which spares parsing nearly all of a long answer.
 */
export class RelayedStream<Op extends Operation> extends UpstreamStream<Op> {
  readonly #frames = new SseFrames();
  readonly #relay: Relay;
  readonly #lazyDecoder: () => ReplyDecoder<Op>;
  readonly #callId: string;
  #facts: Observed = { content: false, ended: false, done: false };
  #read: Reading<Op> | undefined;
  /** Frames, the last of them behind all that the relay was shown. */
  #unread: Uint8Array | undefined;

  constructor(
    reader: BodyReader,
    relay: Relay,
    lazyDecoder: () => ReplyDecoder<Op>,
    callId: string,
    onTerminal: (terminal: Terminal, facts: Observed) => void,
    redact?: Redact | undefined,
  ) {
    super(reader, onTerminal, redact);
    this.#relay = relay;
    this.#lazyDecoder = lazyDecoder;
    this.#callId = callId;
  }

  override facts(): Observed {
    return this.#facts;
  }

  override lastFacts(): Observed {
    this.#catchUp();
    return this.#facts;
  }

  protected override take(bytes: Uint8Array): readonly StreamItem<Op>[] {
    const block = this.#frames.push(bytes);
    return block === undefined ? [] : this.#pass(block);
  }

  protected override finish(): readonly StreamItem<Op>[] {
    this.#catchUp();
    const rest = this.#frames.rest();
    if (rest === undefined) return [];
    const items = this.#pass(rest);
    if (this.#facts.ended) return items;
    // What follows is an error event: half an event before it would spoil it, a whole one needs its blank line.
    const data = parseFrame(rest)?.data;
    return data === undefined || parseJson(data) === undefined ? [] : [...items, this.#item(Buffer.from("\n\n"))];
  }

  protected override cut(terminal: Terminal): readonly StreamItem<Op>[] {
    const events = this.#relay.cut(forCall(terminal, this.#callId));
    return events.length === 0 ? [] : [this.#item(Buffer.from(encodeEvents(events)))];
  }

  #pass(block: Uint8Array): readonly StreamItem<Op>[] {
    const { raw, read } = passFrames(block, this.#relay, this.#facts.content);
    if (read > 0) this.#facts = this.#relay.observed();
    const { error } = this.#facts;
    // An error tells no counts: those before it are still to be read.
    if (error !== undefined) this.#unread = Buffer.concat([this.#unread ?? Buffer.of(), block.subarray(0, read)]);
    else this.#unread = read < block.length ? block.subarray(read) : undefined;
    if (raw.length === 0) return [];
    // What a provider says of its failure may quote our credential; content goes on as it came.
    return [this.#item(error === undefined ? raw : this.withoutSecrets(raw))];
  }

  /** Some providers count their tokens anew in every frame: of an answer that breaks off the last one is the count. */
  #catchUp(): void {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread === undefined || this.#facts.ended) return;
    const known = this.#facts.usage?.raw;
    for (const frame of [...splitFrames(unread)].reverse()) {
      const event = parseFrame(frame);
      if (event !== undefined) this.#relay.push(event);
      this.#facts = this.#relay.observed();
      if (this.#facts.usage?.raw !== known) return;
    }
  }

  /** What the decoder owes to an answer whose items were all decoded. */
  closing(): readonly Operations[Op]["chunk"][] {
    return this.#reading().end();
  }

  #item(raw: Uint8Array): StreamItem<Op> {
    let known: readonly Operations[Op]["chunk"][] | undefined;
    return {
      raw,
      chunks: () => {
        known ??= this.#reading().push(raw);
        return known;
      },
    };
  }

  #reading(): Reading<Op> {
    this.#read ??= new Reading(this.#lazyDecoder());
    return this.#read;
  }
}

/** Frames and their decoder, for a relayed stream whose content somebody asks for. */
class Reading<Op extends Operation> {
  readonly #frames = new SseDecoder();
  readonly #decoder: ReplyDecoder<Op>;

  constructor(decoder: ReplyDecoder<Op>) {
    this.#decoder = decoder;
  }

  push(raw: Uint8Array): readonly Operations[Op]["chunk"][] {
    return this.#frames.push(raw).flatMap((event) => this.#decoder.push(event));
  }

  end(): readonly Operations[Op]["chunk"][] {
    const rest = this.#frames.end().flatMap((event) => this.#decoder.push(event));
    return [...rest, ...this.#decoder.end()];
  }
}
