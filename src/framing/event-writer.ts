import type { WireEvent } from "../canonical/event.ts";
import { SseDecoder } from "./sse-decoder.ts";
import { encodeComment, encodeEvents } from "./sse-encoder.ts";

/** Lays a stream's events out in bytes for a caller. One per stream: where an event stands may matter. */
export interface EventWriter {
  readonly contentType: string;
  events(events: readonly WireEvent[]): string;
  /** Whole frames as a provider sent them, in server-sent events. */
  frames(raw: Uint8Array): Uint8Array | string;
  /** Something that breaks a silence and that readers skip. */
  keepAlive(sign: WireEvent | { readonly comment: string }): string;
  /** What the stream must end with. */
  end(): string;
}

/** Server-sent events: frames are passed on as they are. */
export const sseWriter: EventWriter = {
  contentType: "text/event-stream; charset=utf-8",
  events: encodeEvents,
  frames: (raw) => raw,
  keepAlive: (sign) => ("comment" in sign ? encodeComment(sign.comment) : encodeEvents([sign])),
  end: () => "",
};

/**
 * One JSON array with an element for each event, written as the events come (Gemini's streams without `alt=sse`). White space
 * keeps it alive: it may stand between any two elements. Elements have no names: an error that is told again under the name
 * `error`, for readers of events who look for that, stands once.
 */
export class JsonArrayWriter implements EventWriter {
  readonly contentType = "application/json; charset=utf-8";
  readonly #decoder = new SseDecoder();
  #begun = false;
  #last = "";

  events(events: readonly WireEvent[]): string {
    let text = "";
    for (const { event, data } of events) {
      if (event === "error" && data === this.#last) continue;
      this.#last = data;
      text += `${this.#begun ? "," : "["}${data}\n`;
      this.#begun = true;
    }
    return text;
  }

  frames(raw: Uint8Array): string {
    return this.events(this.#decoder.push(raw).filter(isElement));
  }

  keepAlive(): string {
    return "\n";
  }

  end(): string {
    const rest = this.events(this.#decoder.end().filter(isElement));
    return `${rest}${this.#begun ? "]" : "[]"}\n`;
  }
}

/** One malformed event of a provider's would spoil the whole array; as server-sent events the others can be read. */
function isElement({ data }: WireEvent): boolean {
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
