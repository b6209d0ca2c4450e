import type { HeaderBag } from "../../canonical/call.ts";
import { type ErrorCode, type ErrorDetails, GatewayError } from "../../canonical/error.ts";
import { isObject, type JsonObject } from "../../canonical/json.ts";
import { maskBody, maskSecrets } from "../shared/mask.ts";
import { text } from "../shared/read.ts";
import { explain, overflow, quotable } from "../shared/upstream-error.ts";
import type { WireError } from "../wire.ts";

/** Anthropic's error types and the status each comes with. */
const statuses = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["api_error", 500],
  ["timeout_error", 504],
  ["overloaded_error", 529],
]);

interface Fault {
  readonly type: string | undefined;
  readonly sentence: string | undefined;
  readonly requestId: string | undefined;
}

/** A provider's error reply. Its kind follows from the status and what the body says; the body is kept masked. */
export function decodeError(status: number, headers: HeaderBag, body: JsonObject | string, provider: string): GatewayError {
  const fault = faultOf(body);
  const code = typeof body === "string" ? classifyText(status) : classify(status, fault);
  return build(code, status, fault, provider, {
    ...(headers["x-should-retry"] === "false" && { retryable: false }),
    upstream: {
      provider,
      status,
      type: fault.type,
      requestId: headers["request-id"] ?? fault.requestId,
      body: typeof body === "string" ? maskSecrets(body.slice(0, 2000)) : maskBody(body),
    },
  });
}

/** An error inside a reply whose status was 200: its type alone tells the kind. */
export function decodeStreamError(body: JsonObject, provider: string): GatewayError {
  const fault = faultOf(body);
  const status = statuses.get(fault.type ?? "") ?? 500;
  const upstream = { provider, type: fault.type, requestId: fault.requestId, body: maskBody(body) };
  return build(classify(status, fault), status, fault, provider, { upstream });
}

function faultOf(body: JsonObject | string): Fault {
  if (typeof body === "string") return { type: undefined, sentence: undefined, requestId: undefined };
  const error = isObject(body["error"]) ? body["error"] : body;
  const sentence = text(error["message"]) ?? text(body["message"]) ?? text(body["error"]);
  return {
    type: text(error["type"]) ?? text(error["status"]),
    sentence: quotable(sentence),
    requestId: text(body["request_id"]),
  };
}

const poor =
  /credit balance|insufficient (?:balance|quota|credits?|funds)|usage limits?|billing|purchase credits|out of credits/i;
const policy = /content filtering policy|content policy|usage policy|safety (?:policy|system)/i;
const account =
  /organization has been disabled|account (?:is |has been )?(?:disabled|suspended|deactivated)|invalid (?:x-api-key|api key)/i;

/** What an error is, from its status and what it says. Exhaustive by ranges: every status has a kind. */
function classify(status: number, { type, sentence = "" }: Fault): ErrorCode {
  if (type === "overloaded_error" || status === 529 || status === 503) return "overloaded";
  if (status === 401 || status === 403 || type === "authentication_error" || type === "permission_error")
    return "provider_credential";
  if (status === 402 || type === "billing_error" || type === "insufficient_quota") return "provider_quota";
  if (status === 429 || type === "rate_limit_error") return "rate_limited";
  if (status === 404 || type === "not_found_error") return "model_not_found";
  if (status === 408 || status === 504 || type === "timeout_error") return "timeout";
  if (status === 413 || type === "request_too_large") return overflow.test(sentence) ? "context_overflow" : "payload_too_large";
  if (status >= 500 || status < 400) return "provider_error";
  if (account.test(sentence)) return "provider_credential";
  if (poor.test(sentence)) return "provider_quota";
  if (overflow.test(sentence)) return "context_overflow";
  if (policy.test(sentence)) return "content_policy";
  return "invalid_request";
}

/** A body that is no JSON comes from something before the provider's API: only its status can be trusted. */
function classifyText(status: number): ErrorCode {
  if (status === 401 || status === 403) return "provider_credential";
  if (status === 413) return "payload_too_large";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 408 || status === 504) return "timeout";
  return "provider_error";
}

function build(code: ErrorCode, status: number, fault: Fault, provider: string, details: ErrorDetails): GatewayError {
  return new GatewayError(code, explain(code, status, fault.sentence, provider), {
    ...details,
    status: told.has(code) ? status : undefined,
    // A client error without JSON comes from a wrong address or a wall before the provider: no retry helps.
    ...(code === "provider_error" && status >= 400 && status < 500 && { retryable: false }),
  });
}

/** What callers are told with the provider's own status, as their SDKs know it. */
const told: ReadonlySet<ErrorCode> = new Set([
  "invalid_request",
  "context_overflow",
  "content_policy",
  "payload_too_large",
  "overloaded",
]);

/** The error's type in Anthropic's words. */
export function errorType(error: GatewayError): string {
  if (error.code === "overloaded" || error.code === "gateway_overloaded") return "overloaded_error";
  switch (error.status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 408:
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return error.status >= 500 ? "api_error" : "invalid_request_error";
  }
}

/** The body of an error, in a reply or in a stream's error event. Frameworks know an overflow by Anthropic's words alone. */
export const errorBody = (error: GatewayError, message: string, callId: string | null): JsonObject => ({
  type: "error",
  error: {
    type: errorType(error),
    message: error.code === "context_overflow" && !message.includes(tooLong) ? `${tooLong}: ${message}` : message,
    // By this the official SDKs know that they can go on with whole conversations.
    ...(error.code === "unsupported" &&
      error.param === "thread" && { details: { error_code: "thread_unsupported_request", unsupported: ["thread"] } }),
  },
  request_id: callId,
});

const tooLong = "prompt is too long";

export function encodeError(error: GatewayError, callId: string): WireError {
  const wait = error.retryAfterMs;
  const headers: Record<string, string> = { "request-id": callId };
  if (wait !== undefined) headers["retry-after"] = String(Math.ceil(wait / 1000));
  // SDKs retry every 408, 409, 429 and 5xx unless told not to.
  if (!error.retryable) headers["x-should-retry"] = "false";
  return { status: error.status, headers, body: errorBody(error, `${error.message} (call ${callId})`, callId) };
}
