import type { Socket } from "node:net";
import type { Clock } from "../../canonical/ports.ts";
import type { InputBill } from "../brain/ask.ts";
import type { OpenEntry } from "../journal.ts";
import type { Step } from "./fault.ts";

/** Carries a fault's steps out on a socket. Node's own HTTP response must not have been touched. */
export function perform(
  steps: Iterable<Step>,
  socket: Socket,
  input: InputBill | undefined,
  entry: OpenEntry,
  clock: Clock,
): void {
  new Performance(steps[Symbol.iterator](), socket, input, entry, clock).go();
}

class Performance {
  readonly #steps: Iterator<Step>;
  readonly #socket: Socket;
  readonly #input: InputBill | undefined;
  readonly #entry: OpenEntry;
  readonly #clock: Clock;
  #bytes = 0;
  #stopTimer: (() => void) | undefined;

  constructor(steps: Iterator<Step>, socket: Socket, input: InputBill | undefined, entry: OpenEntry, clock: Clock) {
    this.#steps = steps;
    this.#socket = socket;
    this.#input = input;
    this.#entry = entry;
    this.#clock = clock;
    socket.on("drain", () => this.go());
    socket.on("error", () => entry.close("aborted"));
    socket.on("close", () => {
      this.#stopTimer?.();
      entry.close("aborted");
    });
  }

  /** Takes steps until one must wait for the peer, the clock, or nothing at all. */
  go(): void {
    this.#socket.cork();
    process.nextTick(() => this.#socket.uncork());
    while (!this.#socket.destroyed && this.#stopTimer === undefined) {
      const next = this.#steps.next();
      if (next.done || !this.#take(next.value)) return;
    }
  }

  /** False: no further step now. */
  #take(step: Step): boolean {
    switch (step.do) {
      case "send":
        return this.#send(step);
      case "wait":
        this.#stopTimer = this.#clock.after(step.ms, () => {
          this.#stopTimer = undefined;
          this.go();
        });
        return false;
      case "hang":
        return false;
      case "reset":
        // After what was written before has left, else the kernel throws it away with the connection.
        this.#socket.write("", () => {
          this.#entry.close("broken");
          this.#socket.resetAndDestroy();
        });
        return false;
      case "end":
        this.#socket.end(() => this.#entry.close(step.early ? "broken" : "served"));
        return false;
    }
  }

  #send(step: Extract<Step, { do: "send" }>): boolean {
    const size = Buffer.byteLength(step.bytes);
    return this.#socket.write(step.bytes, (error) => {
      if (error) return;
      if (step.status !== undefined) this.#entry.note({ status: step.status });
      else this.#bytes += size;
      if (step.events === undefined) return;
      const bill = this.#input && { input: this.#input, outputTokens: step.outputTokens ?? 0 };
      this.#entry.note({ events: step.events, bytes: this.#bytes, ...(bill && { bill }) });
    });
  }
}
