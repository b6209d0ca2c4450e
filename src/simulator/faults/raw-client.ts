import { connect } from "node:net";

/** What came over the connection, byte for byte, and how it ended. */
export interface RawReply {
  readonly head: string;
  readonly body: Buffer;
  readonly ended: "fin" | "reset" | "left";
}

/**
 * For tests: sends one request by hand and keeps every byte that comes back. Leaves, once `enough` says so of the body's raw
 * bytes, or when the simulator ends the connection.
 */
export function rawRequest(
  port: number,
  path: string,
  headers: { readonly [name: string]: string },
  body: string,
  enough: (body: Buffer) => boolean = () => false,
): Promise<RawReply> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    const finish = (ended: RawReply["ended"]): void => {
      const all = Buffer.concat(pieces);
      const border = all.indexOf("\r\n\r\n");
      const head = all.subarray(0, border < 0 ? all.length : border).toString("latin1");
      socket.destroy();
      resolve({ head, body: border < 0 ? Buffer.alloc(0) : all.subarray(border + 4), ended });
    };
    socket.on("data", (piece) => {
      pieces.push(piece);
      const all = Buffer.concat(pieces);
      const border = all.indexOf("\r\n\r\n");
      if (border >= 0 && enough(all.subarray(border + 4))) finish("left");
    });
    socket.on("end", () => finish("fin"));
    socket.on("error", () => finish("reset"));
    const lines = Object.entries({
      host: "sim",
      "content-length": String(Buffer.byteLength(body)),
      connection: "close",
      ...headers,
    });
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`);
  });
}

/** The pieces of a chunked body; `whole` says whether its last chunk came. */
export function unchunk(body: Buffer): { readonly pieces: readonly Buffer[]; readonly whole: boolean } {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf("\r\n", at);
    if (line < 0) return { pieces, whole: false };
    const size = Number.parseInt(body.subarray(at, line).toString("latin1"), 16);
    if (size === 0) return { pieces, whole: true };
    pieces.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
