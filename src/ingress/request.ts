import type { IncomingMessage } from "node:http";
import type { HeaderBag, LossPolicy } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";

export interface Target {
  readonly path: string;
  readonly query: string;
}

/** The request line, parsed once for routing and everything after it. Absolute and asterisk forms are refused. */
export function parseTarget(url: string | undefined): Target {
  if (url === undefined || !url.startsWith("/")) {
    throw new GatewayError("invalid_request", "The request line must hold a plain path, such as /v1/chat/completions.");
  }
  const mark = url.indexOf("?");
  return mark < 0 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** Node's header object as a HeaderBag: `set-cookie`, the only list in it, never arrives at a server. */
export function headerBag(request: IncomingMessage): HeaderBag {
  const bag: { [name: string]: string } = {};
  const { headers } = request;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") bag[name] = value;
  }
  return bag;
}

const bearer = /^Bearer +(\S+) *$/i;

/** Headers in which SDKs send a bare key: older Anthropic's, Google's, Azure's. */
const keyHeaders = ["x-api-key", "x-goog-api-key", "api-key"];

/**
 * The key the caller presents, the first that is there of `Authorization: Bearer`, the bare headers of the other SDKs, and,
 * where `query` is given (Gemini's routes), its `key`.
 */
export function presentedKey(headers: IncomingMessage["headers"], query?: string): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const match = bearer.exec(authorization);
    if (match?.[1] !== undefined) return match[1];
  }
  for (const name of keyHeaders) {
    const key = headers[name];
    if (typeof key === "string" && key !== "") return key;
  }
  return (query !== undefined && new URLSearchParams(query).get("key")) || undefined;
}

/**
 * Refuses what only a web page would send: on an open gateway any site the user visits could otherwise spend their money.
 * A JSON content type cannot be sent across sites without a preflight, which is never granted.
 */
export function checkContentType(headers: IncomingMessage["headers"]): void {
  const type = headers["content-type"];
  if (type === undefined ? headers.origin !== undefined : !/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw new GatewayError("unsupported_media_type", "Send the body as JSON, with the header `content-type: application/json`.");
  }
  const coding = headers["content-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "identity") {
    throw new GatewayError("unsupported_media_type", "Send the body as it is, without a content-encoding.");
  }
}

/**
 * Reads `x-polygate-strict`: refuse, warn or allow; `true` and `false` are older words for the first two. Text is no truth
 * value: anything else is refused.
 */
export function lossPolicy(header: string | undefined, otherwise: LossPolicy): LossPolicy {
  switch (header) {
    case undefined:
      return otherwise;
    case "refuse":
    case "warn":
    case "allow":
      return header;
    case "true":
      return "refuse";
    case "false":
      return "warn";
    default:
      throw new GatewayError("invalid_request", "The header x-polygate-strict must be refuse, warn or allow.", {
        param: "x-polygate-strict",
      });
  }
}
