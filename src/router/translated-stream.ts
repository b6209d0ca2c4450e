import { isContent } from "../canonical/chat.ts";
import type { WireEvent } from "../canonical/event.ts";
import type { Redact } from "../canonical/log.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { StreamItem } from "../canonical/reply.ts";
import type { Terminal } from "../canonical/terminal.ts";
import { SseDecoder } from "../framing/sse-decoder.ts";
import type { BodyReader } from "../transport/http-transport.ts";
import type { Observed, ReplyDecoder } from "../wires/wire.ts";
import { failedFinish } from "./failed-finish.ts";
import { UpstreamStream } from "./upstream-stream.ts";

type Facts = { -readonly [K in keyof Observed]: Observed[K] };

/** A provider's stream decoded into chunks; whoever writes to the caller encodes them. */
export class TranslatedStream<Op extends Operation> extends UpstreamStream<Op> {
  readonly #frames = new SseDecoder();
  readonly #decoder: ReplyDecoder<Op>;
  readonly #facts: Facts = { content: false, ended: false, done: false };

  constructor(
    reader: BodyReader,
    decoder: ReplyDecoder<Op>,
    onTerminal: (terminal: Terminal, facts: Observed) => void,
    redact?: Redact | undefined,
  ) {
    super(reader, onTerminal, redact);
    this.#decoder = decoder;
  }

  override facts(): Observed {
    return this.#facts;
  }

  override lastFacts(): Observed {
    const { counted } = this.#decoder;
    if (counted !== undefined) this.#facts.usage = counted.usage;
    return this.#facts;
  }

  protected override take(bytes: Uint8Array): readonly StreamItem<Op>[] {
    return this.#items(this.#decode(this.#frames.push(bytes)));
  }

  protected override finish(): readonly StreamItem<Op>[] {
    const chunks = this.#decode(this.#frames.end());
    // An answer that broke off is not closed: that would make a half tool call look like a whole one.
    return this.#items(this.#facts.ended ? this.#close(chunks) : chunks);
  }

  protected override cut(terminal: Terminal): readonly StreamItem<Op>[] {
    if (terminal.kind === "finished") return this.#items(this.#close([]));
    const { counted } = this.#decoder;
    return counted === undefined ? [] : this.#items([counted]);
  }

  #close(chunks: Operations[Op]["chunk"][]): Operations[Op]["chunk"][] {
    for (const chunk of this.#decoder.end()) this.#note(chunk, chunks);
    return chunks;
  }

  #decode(events: readonly WireEvent[]): Operations[Op]["chunk"][] {
    const chunks: Operations[Op]["chunk"][] = [];
    for (const event of events) {
      for (const chunk of this.#decoder.push(event)) this.#note(chunk, chunks);
    }
    this.#facts.ended = this.#decoder.ended;
    this.#facts.done = this.#decoder.done;
    return chunks;
  }

  /** Reads what the ledger wants to know; an error chunk becomes the stream's terminal instead of going on. */
  #note(chunk: Operations[Op]["chunk"], chunks: Operations[Op]["chunk"][]): void {
    const facts = this.#facts;
    switch (chunk.type) {
      case "error":
        facts.error ??= chunk.error;
        return;
      case "start":
        facts.id ??= chunk.head.id;
        facts.model = chunk.head.model ?? facts.model;
        break;
      case "usage":
        facts.usage = chunk.usage;
        break;
      case "finish":
        facts.finish ??= chunk.finish;
        facts.error ??= failedFinish(chunk.finish);
        break;
      case "part-start":
      case "part-delta":
        facts.content ||= isContent(chunk);
        break;
      case "part-end":
      case "ping":
      case "progress":
        break;
    }
    if (facts.error === undefined) chunks.push(chunk);
  }

  #items(chunks: readonly Operations[Op]["chunk"][]): readonly StreamItem<Op>[] {
    return chunks.length === 0 ? [] : [{ chunks: () => chunks }];
  }
}
