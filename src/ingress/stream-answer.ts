import type { ServerResponse } from "node:http";
import { toGatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Clock } from "../canonical/ports.ts";
import type { Batches, StreamItem } from "../canonical/reply.ts";
import { cancelled, forCall, type Terminal } from "../canonical/terminal.ts";
import type { EventWriter } from "../framing/event-writer.ts";
import type { ReplyEncoder } from "../wires/wire.ts";
import { watchEnd } from "./watch-end.ts";

export interface StreamTimers {
  /** A caller that takes no bytes for so long is cut off. */
  readonly writeIdleMs: number;
  /** So long a silence is broken with something SDKs ignore, for the sake of proxies that drop silent connections. */
  readonly keepAliveMs: number;
}

/** Writes a stream to the caller, at the caller's pace, kept alive while the provider is silent. */
export class StreamAnswer<Op extends Operation> {
  readonly #response: ServerResponse;
  readonly #encoder: ReplyEncoder<Op>;
  readonly #writer: EventWriter;
  readonly #callId: string;
  readonly #clock: Clock;
  readonly #timers: StreamTimers;
  #lastWrite: number;
  #stopKeepAlive: () => void;

  /** The response's head has been written, or is written together with the first bytes. */
  constructor(
    response: ServerResponse,
    encoder: ReplyEncoder<Op>,
    writer: EventWriter,
    callId: string,
    clock: Clock,
    timers: StreamTimers,
  ) {
    this.#response = response;
    this.#writer = writer;
    this.#callId = callId;
    this.#encoder = encoder;
    this.#clock = clock;
    this.#timers = timers;
    this.#lastWrite = clock.now();
    this.#stopKeepAlive = this.#armKeepAlive(timers.keepAliveMs);
  }

  /** Breaks the silence now. */
  keepAlive(): void {
    this.#write(this.#writer.keepAlive(this.#encoder.keepAlive));
  }

  /** Passes the batches on until their terminal, which it gives back. A caller who is gone or stuck makes it `cancelled`. */
  async run(batches: Batches<Op>, relayed: boolean): Promise<Terminal> {
    try {
      return await this.#pass(batches, relayed);
    } catch (thrown) {
      await batches.return({ kind: "error", error: toGatewayError(thrown) });
      throw thrown;
    } finally {
      this.#stopKeepAlive();
    }
  }

  async #pass(batches: Batches<Op>, relayed: boolean): Promise<Terminal> {
    for (;;) {
      const step = await batches.next();
      if (step.done === true) {
        this.end(step.value, relayed);
        return step.value;
      }
      for (const item of step.value) {
        const bytes = relayed && item.raw !== undefined ? this.#writer.frames(item.raw) : this.#encode(item);
        if (bytes.length > 0 && !this.#write(bytes) && !(await this.#drained())) {
          await batches.return(cancelled);
          this.#response.destroy();
          return cancelled;
        }
      }
    }
  }

  /** Ends the response as the terminal demands. A relayed stream has brought its own end. */
  end(terminal: Terminal, relayed: boolean): void {
    this.#stopKeepAlive();
    const events = relayed ? "" : this.#writer.events(this.#encoder.end(forCall(terminal, this.#callId)));
    const last = events + (terminal.kind === "cancelled" ? "" : this.#writer.end());
    if (last === "") this.#response.end();
    else this.#response.end(last);
    watchEnd(this.#response, this.#timers.writeIdleMs);
  }

  #encode(item: StreamItem<Op>): string {
    let text = "";
    for (const chunk of item.chunks()) {
      const events = this.#encoder.push(chunk);
      if (events.length > 0) text += this.#writer.events(events);
    }
    return text;
  }

  #write(bytes: Uint8Array | string): boolean {
    this.#lastWrite = this.#clock.now();
    return this.#response.write(bytes);
  }

  /** One lazy timer per stream: it looks when the last write was instead of being set anew by each. */
  #armKeepAlive(ms: number): () => void {
    return this.#clock.after(ms, () => {
      const { keepAliveMs } = this.#timers;
      const left = keepAliveMs - (this.#clock.now() - this.#lastWrite);
      if (left <= 0 && !this.#response.writableNeedDrain) this.keepAlive();
      this.#stopKeepAlive = this.#armKeepAlive(left <= 0 ? keepAliveMs : left);
    });
  }

  /** True when the caller takes bytes again; false when it went away or took none for too long. */
  #drained(): Promise<boolean> {
    const response = this.#response;
    if (response.destroyed || response.closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (took: boolean) => {
        stopTimer();
        response.off("drain", onDrain);
        response.off("close", onClose);
        resolve(took);
      };
      const onDrain = () => settle(true);
      const onClose = () => settle(false);
      const stopTimer = this.#clock.after(this.#timers.writeIdleMs, onClose);
      response.once("drain", onDrain);
      response.once("close", onClose);
    });
  }
}
