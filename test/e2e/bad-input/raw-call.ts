import { connect } from "node:net";
import type { Heard } from "../reliability/ask.ts";
import { keepForCanaries } from "../reliability/ask.ts";

export interface RawOptions {
  /** Sent piece by piece; each waits for the last to be taken. */
  readonly pieces: Iterable<string | Buffer>;
  readonly withinMs?: number | undefined;
}

/** Bytes as they are, over a connection of their own; the first answer that comes back. Rejects if none comes in time. */
export function rawCall(address: string, options: RawOptions): Promise<Heard> {
  const { hostname, port } = new URL(address);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let held = "";
    let trouble: Error | undefined;
    const timer = setTimeout(
      () => settle(new Error(`no answer within ${options.withinMs ?? 5000} ms; so far: ${held}`)),
      options.withinMs ?? 5000,
    );
    const settle = (failure?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      const answer = parse(held, performance.now() - started);
      keepForCanaries(held);
      if (answer !== undefined) resolve(answer);
      else reject(failure ?? trouble ?? new Error(`closed without an answer: ${held.slice(0, 200)}`));
    };
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      held += piece;
      const answer = parse(held, 0);
      if (answer?.ended === "whole") settle();
    });
    socket.on("error", (error) => {
      trouble = error;
    });
    socket.on("close", () => settle());
    const pieces = options.pieces[Symbol.iterator]();
    const pump = (): void => {
      for (;;) {
        const next = pieces.next();
        if (next.done === true || socket.destroyed) return;
        if (!socket.write(next.value)) {
          socket.once("drain", pump);
          return;
        }
      }
    };
    pump();
  });
}

function parse(text: string, ms: number): Heard | undefined {
  const border = text.indexOf("\r\n\r\n");
  if (border < 0) return undefined;
  const [first = "", ...lines] = text.slice(0, border).split("\r\n");
  const status = Number(first.split(" ")[1]);
  const body = text.slice(border + 4);
  if (status === 100) return parse(body, ms);
  const headers: { [name: string]: string } = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = Number(headers["content-length"] ?? Number.NaN);
  return { status, headers, text: body, ended: Buffer.byteLength(body) === length ? "whole" : "broken", ms };
}

/** A request written by hand. */
export function written(
  line: string,
  headers: readonly (readonly [name: string, value: string])[],
  body: string | Buffer = "",
): Buffer {
  const head = `${line}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]);
}
