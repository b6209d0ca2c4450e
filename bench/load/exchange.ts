import type { Dispatcher } from "undici";
import type { Shot } from "./protocol.ts";
import { wrongWith } from "./reply-check.ts";

export type Ending = { readonly kind: "right" | "aborted" } | { readonly kind: "failed"; readonly why: string };

const leaving = new Error("left on purpose");

/** One request and the check of its reply. Calls `done` once. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly startedAt = performance.now();
  firstByteAt = 0;
  readonly #shot: Shot;
  readonly #thorough: boolean;
  readonly #done: (ending: Ending, exchange: Exchange) => void;
  readonly #pieces: Buffer[] = [];
  #status = 0;

  constructor(shot: Shot, thorough: boolean, done: (ending: Ending, exchange: Exchange) => void) {
    this.#shot = shot;
    this.#thorough = thorough;
    this.#done = done;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.firstByteAt === 0) this.firstByteAt = performance.now();
    this.#pieces.push(piece);
    if (this.#shot.abort) controller.abort(leaving);
  }

  onResponseEnd(): void {
    const why = wrongWith(this.#shot.expect, this.#status, Buffer.concat(this.#pieces).toString(), this.#thorough);
    this.#done(why === undefined ? { kind: "right" } : { kind: "failed", why }, this);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#done(error === leaving ? { kind: "aborted" } : { kind: "failed", why: `${error.name}: ${error.message}` }, this);
  }
}
