import type { HeaderBag } from "../../../canonical/call.ts";
import { durationMs, durationPattern } from "../../../canonical/duration.ts";
import { type ErrorCode, GatewayError } from "../../../canonical/error.ts";
import type { Json, JsonObject } from "../../../canonical/json.ts";
import { isObject } from "../../../canonical/json.ts";
import type { WireError } from "../../wire.ts";
import { maskBody, maskSecrets } from "../mask.ts";
import { list, object, text } from "../read.ts";
import { explain, overflow, quotable } from "../upstream-error.ts";

/** What a provider's error says, wherever its body keeps it. */
interface Said {
  readonly message: string | undefined;
  /** Its type and code, in lower case, for classifying. */
  readonly words: string;
  /** The more telling one of the two, as sent. */
  readonly type: string | undefined;
  readonly param: string | undefined;
}

/** A provider's error reply, classified by status and body. */
export function decodeError(status: number, headers: HeaderBag, body: JsonObject | string, provider: string): GatewayError {
  return classify(status, headers, body, provider);
}

/**
 * An error inside a reply that began with status 200: the body's `error` member, or an event of a stream. Its own code often
 * is the status the provider would have answered with.
 */
export function decodeInnerError(error: Json, provider: string): GatewayError {
  const inner = object(error);
  const stated = [inner?.["status_code"], inner?.["code"], inner?.["status"]].map(Number).find((n) => n >= 400 && n < 600);
  const guess = /overloaded|unavailable|capacity/.test(reading({ error }).words) ? 503 : 500;
  return classify(stated ?? statusOf(reading({ error })) ?? guess, {}, { error }, provider);
}

/** The status that a type of error stands for where none was sent. */
function statusOf({ words }: Said): number | undefined {
  if (/rate_limit|too_many_requests|throttl/.test(words)) return 429;
  if (/invalid_request|invalid_argument|tool_use_failed/.test(words)) return 400;
  return /insufficient_quota|billing/.test(words) ? 402 : undefined;
}

function reading(body: JsonObject | string): Said {
  if (typeof body === "string") return { message: body, words: "", type: undefined, param: undefined };
  const error = body["error"] ?? list(body["errors"])?.[0];
  const inner: JsonObject = isObject(error) ? error : body;
  const detail = inner["detail"] ?? body["detail"];
  const message =
    text(error) ??
    text(inner["message"]) ??
    text(detail) ??
    text(object(list(detail)?.[0])?.["msg"]) ??
    text(body["message"]) ??
    text(inner["error"]) ??
    undefined;
  const raw = text(object(inner["metadata"])?.["raw"]);
  const type = text(inner["type"]);
  const code = text(inner["code"]);
  const status = text(inner["status"]);
  return {
    message: message !== undefined && raw !== undefined ? `${message}: ${raw}` : message,
    words: [type, code, status].join(" ").slice(0, 1000).toLowerCase(),
    type: code !== undefined && Number.isNaN(Number(code)) ? code : type,
    param: text(inner["param"]),
  };
}

const quota =
  /insufficient[ _](?:quota|balance|credits?|funds)|billing|exceeded your current quota|payment required|out of credits|credit balance|spending limit/;
const modelMissing =
  /model_not_found|invalid_model|model[ `'"][^.]{0,200}(?:does not exist|not found)|not a valid model|no such model|unknown model|supported api model names|model not found|not a chat model|deploymentnotfound/;
const policy =
  /content_filter|content_policy|contentfilter|responsibleaipolicy|content management policy|safety_violation|moderation_blocked|flagged/;
const busy = /overloaded|capacity exceeded|no capacity|temporarily unavailable|engine_overloaded/;

/** What a provider keeps for its callers: that it is not there is no fault of the address. */
const kept = /\b(?:response|item|conversation)s? with id\b/;

function kindOf(status: number, { message, words }: Said): ErrorCode {
  const all = `${words} ${(message ?? "").slice(0, 2000).toLowerCase()}`;
  if (status === 402 || ((status === 400 || status === 403 || status === 429) && quota.test(all))) return "provider_quota";
  if (status === 401) return "provider_credential";
  if (status === 403) return policy.test(all) ? "content_policy" : "provider_credential";
  if (status === 413) return overflow.test(all) ? "context_overflow" : "payload_too_large";
  if (status === 404 && kept.test(all)) return "not_found";
  if (status === 404) return /model|deployment/.test(all) ? "model_not_found" : "provider_error";
  if (status === 408 || status === 504 || status === 524) return "timeout";
  if (status === 429) return busy.test(all) ? "overloaded" : "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status >= 400 && status < 500) {
    if (overflow.test(all)) return "context_overflow";
    if (modelMissing.test(all)) return "model_not_found";
    if (policy.test(all)) return "content_policy";
    if (/invalid_api_key|incorrect api key|authentication_error/.test(all)) return "provider_credential";
    return "invalid_request";
  }
  if (overflow.test(all)) return "context_overflow";
  return busy.test(all) ? "overloaded" : "provider_error";
}

function classify(status: number, headers: HeaderBag, body: JsonObject | string, provider: string): GatewayError {
  const said = reading(body);
  const code = kindOf(status, said);
  const theirs = quotable(said.message, typeof body === "string" ? status : undefined);
  return new GatewayError(code, explain(code, status, theirs, provider), {
    param: said.param,
    retryAfterMs: code === "rate_limited" || code === "overloaded" ? saidWait(said.message) : undefined,
    // The model, not the caller, failed to make a valid call: another try may go well.
    retryable: said.words.includes("tool_use_failed") ? true : status === 404 ? false : undefined,
    status: code === "invalid_request" && status !== 400 && status < 500 ? status : undefined,
    upstream: {
      provider,
      status,
      type: said.type,
      requestId: headers["x-request-id"] ?? headers["request-id"] ?? headers["apim-request-id"],
      body: typeof body === "string" ? maskSecrets(body.slice(0, 2000)) : maskBody(body),
    },
  });
}

const again = new RegExp(`(?:try again|retry) (?:in|after) (${durationPattern})\\b`, "i");

/** Many name the wait in words alone: "Please try again in 174ms." */
function saidWait(message: string | undefined): number | undefined {
  const wait = durationMs(again.exec(message?.slice(0, 2000) ?? "")?.[1]);
  return wait === undefined ? undefined : Math.ceil(wait);
}

/** The `type` and `code` that clients of OpenAI know, where they have one for ours. */
const spoken: { readonly [Code in ErrorCode]?: readonly [type: string, code: string] } = {
  unauthenticated: ["invalid_request_error", "invalid_api_key"],
  permission_denied: ["invalid_request_error", "permission_denied"],
  model_not_found: ["invalid_request_error", "model_not_found"],
  context_overflow: ["invalid_request_error", "context_length_exceeded"],
  content_policy: ["invalid_request_error", "content_policy_violation"],
  rate_limited: ["rate_limit_error", "rate_limit_exceeded"],
  budget_exceeded: ["insufficient_quota", "insufficient_quota"],
  gateway_overloaded: ["server_error", "gateway_overloaded"],
};

/** Of an earlier answer, that is. */
const isForgotten = ({ code, param }: GatewayError): boolean => code === "not_found" && param === "previous_response_id";
const forgotten = ["invalid_request_error", "previous_response_not_found"] as const;

const overflowing = /maximum context length|exceeds the context window/;
const exceeded = "This model's maximum context length is exceeded.";

/** The error object of this wire. */
export function errorObject(error: GatewayError, callId?: string): JsonObject {
  const [type, code] = (isForgotten(error) ? forgotten : spoken[error.code]) ?? [
    error.status < 500 ? "invalid_request_error" : "server_error",
    error.code,
  ];
  // Frameworks know an overflow by OpenAI's words, some of them by nothing else.
  const sentence =
    error.code === "context_overflow" && !overflowing.test(error.message) ? `${exceeded} ${error.message}` : error.message;
  const message = callId === undefined ? sentence : `${sentence} (call ${callId})`;
  return { message, type, param: error.param ?? null, code };
}

export function encodeError(error: GatewayError, callId: string): WireError {
  const { retryAfterMs: wait } = error;
  return {
    status: error.status,
    headers: {
      "content-type": "application/json",
      // SDKs retry every 408, 409, 429 and 5xx unless told not to.
      ...(!error.retryable && { "x-should-retry": "false" }),
      ...(wait !== undefined && { "retry-after": String(Math.ceil(wait / 1000)), "retry-after-ms": String(Math.ceil(wait)) }),
    },
    body: { error: errorObject(error, callId) },
  };
}
