import { createServer, type Socket } from "node:net";
import { isObject, type JsonObject } from "../../../src/canonical/json.ts";

/** One request as a provider made of raw bytes sees it. */
export interface RawRequest {
  readonly model: string;
  /** 1 for the first request of this model. */
  readonly number: number;
  readonly path: string;
  readonly head: string;
  readonly body: JsonObject;
  readonly socket: Socket;
  /** Resolves with `performance.now()` once the connection is gone. */
  readonly gone: Promise<number>;
}

export interface RawUpstream {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** How many requests a model has had. */
  count(model: string): number;
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** A provider that writes its connection's bytes itself, so that they may be illegal. */
export async function startRawUpstream(serve: (request: RawRequest) => void, port = 0): Promise<RawUpstream> {
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const gone = new Promise<number>((resolve) => {
      socket.on("close", () => {
        sockets.delete(socket);
        resolve(performance.now());
      });
    });
    socket.on("error", () => {});
    readRequests(socket, (head, path, body) => {
      const model = typeof body["model"] === "string" ? body["model"] : "";
      const number = (counts.get(model) ?? 0) + 1;
      counts.set(model, number);
      serve({ model, number, path, head, body, socket, gone });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const taken = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    count: (model) => counts.get(model) ?? 0,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A socket closed before anything listens on its port: connections are refused until somebody takes it. */
export async function freePort(): Promise<number> {
  const upstream = await startRawUpstream(() => {});
  await upstream.close();
  return upstream.port;
}

function readRequests(socket: Socket, onRequest: (head: string, path: string, body: JsonObject) => void): void {
  let held = Buffer.alloc(0);
  socket.on("data", (piece) => {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    for (;;) {
      const border = held.indexOf("\r\n\r\n");
      if (border < 0) return;
      const head = held.subarray(0, border).toString("latin1");
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      const end = border + 4 + length;
      if (held.length < end) return;
      const body: unknown = length === 0 ? {} : JSON.parse(held.subarray(border + 4, end).toString("utf8"));
      held = held.subarray(end);
      onRequest(head, head.split(" ")[1] ?? "", isJsonObject(body) ? body : {});
    }
  });
}

const isJsonObject = (value: unknown): value is JsonObject => {
  const parsed = JSON.parse(JSON.stringify(value ?? null));
  return isObject(parsed);
};

/** Bytes as one chunk of a chunked body. */
export const chunk = (text: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
};

export const lastChunk = "0\r\n\r\n";

/** A response head; a chunked one unless the headers say how long the body is. */
export function head(status: number, headers: { readonly [name: string]: string } = {}): string {
  const framed = "content-length" in headers || status === 204 ? headers : { "transfer-encoding": "chunked", ...headers };
  const lines = Object.entries(framed).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`;
}

export const sse = { "content-type": "text/event-stream" } as const;

/** A whole reply with its length. */
export const whole = (status: number, body: string, headers: { readonly [name: string]: string } = {}): string =>
  head(status, { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), ...headers }) + body;

/** A stream in good order. */
export const wholeStream = (frames: readonly string[]): Buffer =>
  Buffer.concat([Buffer.from(head(200, sse)), ...frames.map(chunk), Buffer.from(lastChunk)]);
