import { isUtf8 } from "node:buffer";
import { createParser, type EventSourceMessage, type EventSourceParser, type ParseError } from "eventsource-parser";
import { GatewayError } from "../canonical/error.ts";
import type { WireEvent } from "../canonical/event.ts";
import { asBuffer, EVENT_BYTES } from "./bytes.ts";

const NOTHING: readonly WireEvent[] = [];
/** Room for a field's name before its value, so that a value of exactly the cap passes however it is cut. */
const FIELD_NAME = 16;

/**
 * Bytes of a server-sent event stream to events, in pieces of any size: LF, CR and CRLF, a byte order mark once, several
 * `data` lines, comments, fields without the space. Malformed UTF-8 becomes U+FFFD. Ids and retry times are not given on.
 *
 * A line or an event's data longer than `eventBytes` (default 4 MiB; counted in UTF-16 units, which are never more than the
 * bytes) throws GatewayError `bad_reply`, and so does every later call: memory stays flat whatever is sent.
 */
export class SseDecoder {
  readonly #cap: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #parser: EventSourceParser;
  #events: WireEvent[] = [];
  /** No character is half read: the decoder is not needed for a piece that is whole in itself. */
  #whole = true;
  #failure: GatewayError | undefined;

  constructor(limits: { readonly eventBytes?: number | undefined } = {}) {
    this.#cap = limits.eventBytes ?? EVENT_BYTES;
    this.#parser = createParser({
      maxBufferSize: this.#cap + FIELD_NAME,
      onEvent: (message) => this.#take(message),
      onError: (error) => this.#refuse(error),
    });
  }

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): readonly WireEvent[] {
    if (this.#failure) throw this.#failure;
    const last = bytes[bytes.length - 1];
    if (last === undefined) return NOTHING;
    const plain = this.#whole && last < 0x80 && isUtf8(bytes);
    this.#whole = last < 0x80;
    return this.#feed(plain ? asBuffer(bytes).toString("utf8") : this.#decoder.decode(bytes, { stream: true }));
  }

  /**
   * The body has ended in good order. The specification drops an event without its closing blank line; providers exist that
   * leave the last one out, so it is given. Not to be called for a connection that broke: half an event is none.
   */
  end(): readonly WireEvent[] {
    if (this.#failure) throw this.#failure;
    return this.#feed(`${this.#decoder.decode()}\n\n`);
  }

  #feed(text: string): readonly WireEvent[] {
    this.#parser.feed(text);
    if (this.#events.length === 0) return NOTHING;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #take(message: EventSourceMessage): void {
    if (message.data.length > this.#cap) this.#fail();
    this.#events.push({ event: message.event, data: message.data });
  }

  #refuse(error: ParseError): void {
    if (error.type === "max-buffer-size-exceeded") this.#fail();
  }

  #fail(): never {
    this.#failure = oversized(this.#cap);
    throw this.#failure;
  }
}

/** The provider's stream has an event (or a line without an end) past the cap. */
export const oversized = (cap: number): GatewayError =>
  new GatewayError("bad_reply", `The provider's stream has an event of more than ${cap} bytes, so reading it was given up.`);
