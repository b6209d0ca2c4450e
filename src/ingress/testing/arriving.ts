import { createServer, type IncomingMessage, type Server } from "node:http";
import { mostHeaders } from "../suspicion.ts";
import { HeldSocket } from "./held-socket.ts";

/** A request whose head has arrived on a connection in memory. */
export async function arriving(
  head: string,
  body = "",
  line = "POST /v1/messages",
  host = "localhost",
): Promise<{ readonly request: IncomingMessage; readonly socket: HeldSocket }> {
  const socket = new HeldSocket();
  const request = await new Promise<IncomingMessage>((resolve) => {
    listening(resolve).emit("connection", socket);
    socket.push(`${line} HTTP/1.1\r\nhost: ${host}\r\n${head}\r\n${body}`);
  });
  return { request, socket };
}

/** Reads as the gateway's own server does. */
function listening(resolve: (request: IncomingMessage) => void): Server {
  const server = createServer((request) => resolve(request));
  server.maxHeadersCount = mostHeaders + 1;
  server.on("checkContinue", (request) => resolve(request));
  return server;
}
