import { connect, type Socket } from "node:net";

/** One connection by hand. */
export interface Connection {
  readonly socket: Socket;
  /** All that has come so far, byte for byte. */
  text(): string;
  /** The statuses of the answers so far, interim ones included. */
  statuses(): readonly number[];
  /** Resolves once what has come satisfies `until`, or the connection is over; false: over, or `withinMs` have passed. */
  wait(until: (text: string) => boolean, withinMs?: number): Promise<boolean>;
  /** Resolves when the connection is over, true; false after `withinMs`. */
  ended(withinMs?: number): Promise<boolean>;
}

export function open(port: number): Connection {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let over = false;
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const look of waiting) look();
  };
  socket.setEncoding("latin1");
  socket.on("data", (piece: string) => {
    text += piece;
    tell();
  });
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.on("close", () => {
    over = true;
    tell();
  });
  const wait = (done: () => boolean | undefined, withinMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (value: boolean): void => {
        clearTimeout(timer);
        waiting.delete(look);
        resolve(value);
      };
      const look = (): void => {
        const value = done();
        if (value !== undefined) settle(value);
      };
      const timer = setTimeout(() => settle(false), withinMs);
      waiting.add(look);
      look();
    });
  return {
    socket,
    text: () => text,
    statuses: () => statusesOf(text),
    wait: (until, withinMs = 5000) => wait(() => (until(text) ? true : over ? false : undefined), withinMs),
    ended: (withinMs = 5000) => wait(() => (over ? true : undefined), withinMs),
  };
}

/** Reads answers one after the other, each by its own length, so that a body cannot pass for an answer. */
export function statusesOf(text: string): readonly number[] {
  const statuses: number[] = [];
  let at = 0;
  while (at < text.length) {
    const border = text.indexOf("\r\n\r\n", at);
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(text.slice(at, at + 13))?.[1];
    if (border < 0 || status === undefined) break;
    statuses.push(Number(status));
    const head = text.slice(at, border);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    at = border + 4 + length;
    if (/^transfer-encoding: *chunked/im.test(head)) at = text.indexOf("0\r\n\r\n", border) + 5;
  }
  return statuses;
}

/** A request's head, written as given. */
export const head = (line: string, headers: readonly string[] = []): string =>
  [line, "Host: localhost", ...headers, "", ""].join("\r\n");
