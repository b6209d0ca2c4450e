import { existsSync, readFileSync } from "node:fs";

const table = "/proc/net/tcp";

export const kernelQueuesKnown = existsSync(table);

/** Bytes that the kernel holds for established IPv4 connections, told by local and remote port. */
export class KernelQueues {
  readonly #queues = new Map<string, { readonly toSend: number; readonly toRead: number }>();

  constructor() {
    for (const line of readFileSync(table, "latin1").split("\n").slice(1)) {
      const fields = /^ *\d+: [0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{8}:([0-9A-F]{4}) 01 ([0-9A-F]{8}):([0-9A-F]{8})/.exec(line);
      if (fields === null) continue;
      const [local, remote, toSend, toRead] = fields.slice(1).map((field) => Number.parseInt(field, 16));
      this.#queues.set(`${local} ${remote}`, { toSend: toSend ?? 0, toRead: toRead ?? 0 });
    }
  }

  /** What is on its way from one port to another, in both ends' buffers; undefined once an end is closed. */
  between(from: number, to: number): number | undefined {
    const sender = this.#queues.get(`${from} ${to}`);
    const receiver = this.#queues.get(`${to} ${from}`);
    return sender && receiver && sender.toSend + receiver.toRead;
  }
}
