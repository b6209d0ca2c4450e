import type { HeaderBag } from "../canonical/call.ts";
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

/** The provider's own name for the request, to be quoted to its support. */
export const requestId = (headers: HeaderBag): string | undefined =>
  headers["x-request-id"] ?? headers["request-id"] ?? headers["cf-ray"];
