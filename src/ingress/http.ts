import { createServer, type Server } from "node:http";
import { answerClientErrors, rawAnswer } from "./client-error.ts";
import { capConnections } from "./crowding.ts";
import { HttpIngress } from "./http-ingress.ts";
import type { IngressOptions } from "./options.ts";
import { mostHeaders } from "./suspicion.ts";

/** The HTTP server, not yet listening. */
export function createHttpServer(options: IngressOptions): Server {
  const { limits } = options;
  const ingress = new HttpIngress(options);
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs / 10),
      keepAliveTimeout: 75_000,
    },
    (request, response) => ingress.take(request, response),
  );
  // Nobody is asked to send a body before it is known that it is wanted.
  server.on("checkContinue", (request, response) => ingress.take(request, response));
  // Node would answer by itself, before anybody has looked at the host.
  server.on("checkExpectation", (request, response) => ingress.take(request, response));
  server.maxHeadersCount = mostHeaders + 1;
  server.maxRequestsPerSocket = 100_000;
  answerClientErrors(server, options);
  capConnections(server, limits.connectionsPerAddress, (socket, error) => {
    ingress.shut(socket);
    socket.write(rawAnswer(error, options));
    socket.destroySoon();
  });
  return server;
}
