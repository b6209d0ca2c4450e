import { type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { CallRecord } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import { newCallId } from "../canonical/ids.ts";
import type { Clock, Random } from "../canonical/ports.ts";
import { Warnings } from "../canonical/warnings.ts";
import { openaiChat } from "../wires/openai-chat/index.ts";
import { answerHeaders, setHeaders } from "./headers.ts";

/**
 * Answers what Node's parser refuses before it is a request. Whose wire the caller speaks is not known then: it gets OpenAI's
 * shape, with the headers that every answer carries.
 */
export function answerClientErrors(server: Server, ports: { readonly clock: Clock; readonly random: Random }): void {
  server.on("clientError", (error, socket) => {
    if (!socket.writable || underway(socket)) {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(explain("code" in error ? error.code : undefined), ports));
  });
}

/** The whole answer to what was not even read as a request, with the headers that every answer carries. The connection is closed after it. */
export function rawAnswer(error: GatewayError, ports: { readonly clock: Clock; readonly random: Random }): string {
  const id = newCallId(ports.clock, ports.random);
  const { status, headers: own, body } = openaiChat.encodeError(error, id);
  const text = JSON.stringify(body);
  const headers = answerHeaders(id, new CallRecord(), new Warnings(), 0);
  setHeaders(headers, {
    ...own,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  });
  const lines = headers.map((word, at) => (at % 2 === 0 ? `${word}: ` : `${word}\r\n`)).join("");
  return `HTTP/1.1 ${status} Refused\r\n${lines}\r\n${text}`;
}

/** An answer has begun on this connection: nothing may be written into it. */
function underway(socket: Duplex): boolean {
  const message: unknown = "_httpMessage" in socket ? socket._httpMessage : undefined;
  return message instanceof ServerResponse && message.headersSent;
}

function explain(code: unknown): GatewayError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new GatewayError(
        "invalid_request",
        "The request's headers are more than the 100, or larger than the 16 KB, that this gateway takes.",
        {
          status: 431,
        },
      );
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new GatewayError("payload_too_large", "The request's chunks have larger extensions than this gateway takes.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new GatewayError("invalid_request", "The request did not arrive in time. Send it again.", { status: 408 });
    default:
      return new GatewayError(
        "invalid_request",
        "What was sent is not a valid HTTP/1.1 request, so it was not read any further.",
      );
  }
}
