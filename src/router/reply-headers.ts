import type { Call, HeaderBag } from "../canonical/call.ts";
import type { Redact } from "../canonical/log.ts";

const shown = new Set(["request-id", "x-request-id", "openai-processing-ms", "openai-version"]);

/** The provider's headers that its own SDK reads: request ids and rate limits. `retry-after` is the error's to say. */
export function callerHeaders(headers: HeaderBag, redact: Redact = (text) => text): HeaderBag {
  const found: { [name: string]: string } = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (shown.has(name) || name.startsWith("x-ratelimit-") || name.startsWith("anthropic-ratelimit-"))
      found[name] = redact(value);
  }
  return found;
}

/** Where the SDKs of a wire look for the id of their request. */
const requestIdHeaders = new Map([
  ["openai-chat", "x-request-id"],
  ["openai-responses", "x-request-id"],
  ["openai-embeddings", "x-request-id"],
  ["anthropic-messages", "request-id"],
]);

/** The headers with an id that the caller's own SDK finds: the provider's where it gave one under that name, else the call's. */
export function withRequestId(headers: HeaderBag, { id, callerWire = "" }: Pick<Call, "id" | "callerWire">): HeaderBag {
  const name = requestIdHeaders.get(callerWire);
  return name === undefined || headers[name] !== undefined ? headers : { ...headers, [name]: id };
}

/** The provider's own name for the request, to be quoted to its support. */
export const requestId = (headers: HeaderBag): string | undefined =>
  headers["x-request-id"] ?? headers["request-id"] ?? headers["cf-ray"];
