import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

export interface RawRequest {
  /** Start line and headers, as they came. */
  readonly head: string;
  readonly body: string;
  /** 1 for the server's first request. */
  readonly number: number;
  readonly socket: Socket;
  /** 1 for a connection's first request. */
  readonly onConnection: number;
}

/** A server of bytes: answers whatever the handler writes. */
export class RawServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #handler: (request: RawRequest) => void;
  readonly #waiting: { readonly ready: () => boolean; readonly resolve: () => void }[] = [];
  readonly requests: RawRequest[] = [];
  connections = 0;
  origin = "";

  private constructor(handler: (request: RawRequest) => void) {
    this.#handler = handler;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async listen(handler: (request: RawRequest) => void): Promise<RawServer> {
    const server = new RawServer(handler);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    const address = server.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    server.origin = `http://127.0.0.1:${address.port}`;
    return server;
  }

  /** Connections open at this moment. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Resolves once the condition holds; it is looked at whenever a request or a connection comes or goes. */
  until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ ready, resolve }));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    this.connections++;
    let text = "";
    let onConnection = 0;
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#look();
    });
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (;;) {
        const end = text.indexOf("\r\n\r\n");
        if (end === -1) return;
        const head = text.slice(0, end);
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (text.length < end + 4 + length) return;
        const body = text.slice(end + 4, end + 4 + length);
        text = text.slice(end + 4 + length);
        const request = { head, body, number: this.requests.length + 1, socket, onConnection: ++onConnection };
        this.requests.push(request);
        this.#handler(request);
        this.#look();
      }
    });
    this.#look();
  }

  #look(): void {
    for (const waiting of [...this.#waiting]) {
      if (!waiting.ready()) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve();
    }
  }
}

/** A whole reply with its length. */
export const reply = (body: string, head = "HTTP/1.1 200 OK\r\ncontent-type: application/json"): string =>
  `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

export const chunkedHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const lastChunk = "0\r\n\r\n";
