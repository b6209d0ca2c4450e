import type { ServerResponse } from "node:http";
import type { Clock } from "../canonical/ports.ts";
import type { Frames } from "./face.ts";
import type { OpenEntry } from "./journal.ts";
import { isFrames, type Plan } from "./plan.ts";

/** Writes a reply through node:http: with its length when it is whole, chunked at its pace when it is a stream. */
export function deliver(plan: Plan, response: ServerResponse, entry: OpenEntry, clock: Clock): void {
  response.on("close", () => entry.close(response.writableFinished ? "served" : "aborted"));
  entry.note({ status: plan.status });
  const { body } = plan;
  if (isFrames(body)) {
    response.writeHead(plan.status, plan.headers);
    new StreamWriter(body, plan, response, entry, clock).write();
    return;
  }
  const bytes = Buffer.byteLength(body);
  response.writeHead(plan.status, { ...plan.headers, "content-length": String(bytes) });
  response.end(body, () => {
    entry.note({ events: 1, bytes, ...(plan.input && { bill: { input: plan.input, outputTokens: plan.outputTokens } }) });
  });
}

/** Enough for one write; past it the peer's window decides. */
const charsPerWrite = 16 * 1024;

class StreamWriter {
  readonly #frames: Frames;
  readonly #plan: Plan;
  readonly #response: ServerResponse;
  readonly #entry: OpenEntry;
  readonly #clock: Clock;
  #next = 0;
  #bytes = 0;
  #stopTimer: (() => void) | undefined;

  constructor(frames: Frames, plan: Plan, response: ServerResponse, entry: OpenEntry, clock: Clock) {
    this.#frames = frames;
    this.#plan = plan;
    this.#response = response;
    this.#entry = entry;
    this.#clock = clock;
    response.on("drain", () => this.write());
    response.on("close", () => this.#stopTimer?.());
    if (plan.input) entry.note({ bill: { input: plan.input, outputTokens: 0 } });
  }

  /** Writes until the peer's window is full, the pace says wait, or all is written. */
  write(): void {
    const { texts } = this.#frames;
    const { ms } = this.#plan.pace;
    if (this.#stopTimer || this.#response.destroyed) return;
    while (this.#next < texts.length) {
      const room = this.#piece();
      if (this.#next >= texts.length) break;
      if (ms > 0) {
        this.#stopTimer = this.#clock.after(ms, () => {
          this.#stopTimer = undefined;
          this.write();
        });
        return;
      }
      if (!room) return;
    }
    if (!this.#response.writableEnded) this.#response.end();
  }

  #piece(): boolean {
    const { texts, outputTokens } = this.#frames;
    const { events } = this.#plan.pace;
    const most = events > 0 ? Math.min(this.#next + events, texts.length) : texts.length;
    let text = "";
    while (this.#next < most && (text.length < charsPerWrite || events > 0)) text += texts[this.#next++];
    const delivered = this.#next;
    const tokens = outputTokens[delivered - 1] ?? 0;
    const bytes = Buffer.byteLength(text);
    return this.#response.write(text, (error) => {
      if (error) return;
      this.#bytes += bytes;
      const { input } = this.#plan;
      this.#entry.note({ events: delivered, bytes: this.#bytes, ...(input && { bill: { input, outputTokens: tokens } }) });
    });
  }
}
