import { Duplex } from "node:stream";

/** A connection without a network: what is sent to it piles up, and is taken only while it is not held. */
export class HeldSocket extends Duplex {
  readonly #taken: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];
  #held = false;
  /** What Node was told to wait for the peer, last of all. */
  timeoutMs: number | undefined;

  constructor() {
    super({ writableHighWaterMark: 64 });
  }

  /** All that was sent so far. */
  get text(): string {
    return Buffer.concat(this.#taken).toString();
  }

  /** Past the head of the answer. */
  get body(): string {
    return this.text.slice(this.text.indexOf("\r\n\r\n") + 4);
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    for (const done of this.#waiting.splice(0)) done();
  }

  setTimeout(ms: number): this {
    this.timeoutMs = ms;
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#taken.push(Buffer.from(chunk));
    if (this.#held) this.#waiting.push(done);
    else done();
  }
}
