import { createServer, type IncomingMessage } from "node:http";
import { HeldSocket } from "./held-socket.ts";

/** A request whose head has arrived on a connection in memory. */
export async function arriving(
  head: string,
  body = "",
): Promise<{ readonly request: IncomingMessage; readonly socket: HeldSocket }> {
  const socket = new HeldSocket();
  const request = await new Promise<IncomingMessage>((resolve) => {
    createServer((request) => resolve(request)).emit("connection", socket);
    socket.push(`POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n${head}\r\n${body}`);
  });
  return { request, socket };
}
