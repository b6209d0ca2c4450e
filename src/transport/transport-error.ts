import { type ErrorCode, type ErrorDetails, GatewayError } from "../canonical/error.ts";
import { EgressRefused } from "./connector.ts";

/** A request that failed on its way. */
export class TransportError extends GatewayError {
  /**
   * Whether bytes of the request may have reached the provider: if not, it cannot have been accepted (nor billed). Also false
   * for a kept-alive connection that closed before a byte of the reply, as the provider had then closed it before it read.
   */
  readonly requestSent: boolean;

  constructor(code: ErrorCode, message: string, requestSent: boolean, details?: ErrorDetails) {
    super(code, message, details);
    this.requestSent = requestSent;
  }
}

/** How far a request has come. */
export type Phase = "connecting" | "waiting" | "reading";

export interface Circumstances {
  /** What the other side is called. */
  readonly peer: string;
  readonly phase: Phase;
  /** A kept-alive connection that failed at once, before a byte of the reply: the provider had closed it before it read. */
  readonly stale: boolean;
}

/** What undici or the socket reported, in our words. */
export function explain(error: Error, { peer, phase, stale }: Circumstances): TransportError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const torn = error.name !== "HTTPParserError" || error.message.includes("Invalid EOF state");
  const sent = phase !== "connecting" && !(stale && torn);
  const fail = (kind: ErrorCode, message: string, details: ErrorDetails = {}): TransportError =>
    new TransportError(kind, message, sent, { ...details, cause: error });
  if (error instanceof EgressRefused) {
    const message = `The address of ${peer} is not allowed; the operator finds in the gateway's log what to do about it.`;
    return fail("unreachable", message, { retryable: false });
  }
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
      return fail("timeout", `No connection to ${peer} could be made in time.`);
    case "UND_ERR_HEADERS_OVERFLOW":
      return fail("bad_reply", `${peer} sent more headers than are taken.`);
    case "UND_ERR_RES_CONTENT_LENGTH_MISMATCH":
      // Before the headers it is a head that contradicts itself.
      if (phase !== "reading") return fail("bad_reply", `What ${peer} sent is not HTTP/1.1.`);
      return fail("truncated", `${peer} closed the connection before the end of its reply. Try again.`);
    case "UND_ERR_INVALID_ARG":
      return fail("internal", `The request to ${peer} cannot be sent: ${error.message}.`, { retryable: false });
    case "UND_ERR_DESTROYED":
    case "UND_ERR_CLOSED":
      return fail("gateway_overloaded", "The gateway is shutting down.");
  }
  if (/^bad (?:response|upgrade)$/.test(error.message))
    return fail("bad_reply", `${peer} answered with a protocol switch nobody asked for.`);
  if (!torn) return fail("bad_reply", `What ${peer} sent is not HTTP/1.1.`);
  switch (phase) {
    case "connecting":
      return fail(
        "unreachable",
        `${peer} cannot be reached${code === "" ? "" : ` (${code})`}. Try again; should it stay so, the operator has to check its base_url.`,
      );
    case "waiting":
      return fail("unreachable", `${peer} closed the connection without an answer${code === "" ? "" : ` (${code})`}.`);
    case "reading":
      return fail("truncated", `${peer} closed the connection before the end of its reply. Try again.`);
  }
}

/** A timer that ran out. */
export function late(phase: Phase, total: boolean, ms: number, peer: string): TransportError {
  const seconds = `${Math.round(ms / 100) / 10} s`;
  const sent = phase !== "connecting";
  if (total) return new TransportError("timeout", `The call's time was used up while ${peer} was ${doing[phase]}.`, sent);
  switch (phase) {
    case "connecting":
      return new TransportError("timeout", `No connection to ${peer} was free or made within ${seconds}.`, sent);
    case "waiting":
      return new TransportError("timeout", `${peer} did not begin to answer within ${seconds}.`, sent);
    case "reading":
      return new TransportError("timeout", `${peer} sent nothing more for ${seconds} in the middle of its reply.`, sent);
  }
}

const doing = { connecting: "being connected to", waiting: "asked", reading: "answering" } as const satisfies Record<
  Phase,
  string
>;
