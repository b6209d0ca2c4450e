import type { HeaderBag } from "../../canonical/call.ts";
import { durationMs } from "../../canonical/duration.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { maskBody, maskSecrets } from "../shared/mask.ts";
import { count, list, object, text } from "../shared/read.ts";
import { explain, quotable } from "../shared/upstream-error.ts";
import type { WireError } from "../wire.ts";
import { classify, type Fault } from "./error-kinds.ts";

/**
 * The error that a reply (or an event of a stream) holds: `{"error": …}`, or a list of one. Undefined where it holds none.
 */
export function errorIn(body: Json): JsonObject | undefined {
  const first = isArray(body) ? body[0] : body;
  return object(object(first)?.["error"]);
}

/** A provider's error reply. Lists and server-sent events come as text. */
export function decodeError(status: number, headers: HeaderBag, body: JsonObject | string, provider: string): GatewayError {
  const parsed = typeof body === "string" ? parse(body) : body;
  const inner = parsed === undefined ? undefined : errorIn(parsed);
  const plain = typeof body === "string" && inner === undefined ? body : undefined;
  return build(status, faultOf(inner, plain), provider, {
    requestId: headers["x-goog-request-id"] ?? headers["x-request-id"],
    body: typeof body === "string" && !isObject(parsed) ? maskSecrets(body.slice(0, 2000)) : maskBody(object(parsed) ?? {}),
  });
}

/** An error inside a reply that began with status 200: its own code is the status it would have come with. */
export function decodeInnerError(error: JsonObject, provider: string): GatewayError {
  const code = count(error["code"]);
  const status = code !== undefined && code >= 400 && code < 600 ? code : (statuses.get(text(error["status"]) ?? "") ?? 500);
  return build(status, faultOf(error, undefined), provider, { body: maskBody({ error }) });
}

function parse(body: string): Json | undefined {
  const data = body.startsWith("data:") ? body.slice(5) : body;
  try {
    const value: Json = JSON.parse(data);
    return value;
  } catch {
    return undefined;
  }
}

function faultOf(error: JsonObject | undefined, plain: string | undefined): Fault {
  const details = (list(error?.["details"]) ?? []).filter(isObject);
  const typed = (name: string): JsonObject | undefined =>
    details.find((one) => text(one["@type"])?.endsWith(`google.rpc.${name}`) ?? false);
  const violations = list(typed("QuotaFailure")?.["violations"]) ?? [];
  const metadata = object(typed("ErrorInfo")?.["metadata"]);
  const field = object((list(typed("BadRequest")?.["fieldViolations"]) ?? [])[0])?.["field"];
  const wait = durationMs(text(typed("RetryInfo")?.["retryDelay"]));
  return {
    message: text(error?.["message"]) ?? plain,
    status: text(error?.["status"]),
    reason: text(typed("ErrorInfo")?.["reason"]),
    quotas: violations.flatMap((one) => text(object(one)?.["quotaId"]) ?? []),
    quotaValue: text(metadata?.["quota_limit_value"]),
    field: text(field),
    retryAfterMs: wait === undefined ? undefined : Math.ceil(wait),
    json: error !== undefined,
  };
}

interface Known {
  readonly requestId?: string | undefined;
  readonly body: Json;
}

function build(status: number, fault: Fault, provider: string, { requestId, body }: Known): GatewayError {
  const code = classify(status, fault);
  const waits = code === "rate_limited" || code === "overloaded";
  return new GatewayError(code, explain(code, status, quotable(fault.message, fault.json ? undefined : status), provider), {
    param: code === "invalid_request" ? fault.field : undefined,
    retryAfterMs: waits ? fault.retryAfterMs : undefined,
    retryable: status === 404 && code === "provider_error" ? false : undefined,
    status: code === "invalid_request" && status !== 400 && status < 500 ? status : undefined,
    upstream: { provider, status, type: fault.reason ?? fault.status, requestId, body },
  });
}

/** Google's names of the gRPC statuses we use, and the HTTP status each stands for. */
const names = new Map([
  [1, "CANCELLED"],
  [3, "INVALID_ARGUMENT"],
  [4, "DEADLINE_EXCEEDED"],
  [5, "NOT_FOUND"],
  [7, "PERMISSION_DENIED"],
  [8, "RESOURCE_EXHAUSTED"],
  [9, "FAILED_PRECONDITION"],
  [10, "ABORTED"],
  [12, "UNIMPLEMENTED"],
  [13, "INTERNAL"],
  [14, "UNAVAILABLE"],
  [16, "UNAUTHENTICATED"],
]);

const statuses = new Map([
  ["INVALID_ARGUMENT", 400],
  ["FAILED_PRECONDITION", 400],
  ["OUT_OF_RANGE", 400],
  ["UNAUTHENTICATED", 401],
  ["PERMISSION_DENIED", 403],
  ["NOT_FOUND", 404],
  ["ABORTED", 409],
  ["RESOURCE_EXHAUSTED", 429],
  ["CANCELLED", 499],
  ["INTERNAL", 500],
  ["UNKNOWN", 500],
  ["UNIMPLEMENTED", 501],
  ["UNAVAILABLE", 503],
  ["DEADLINE_EXCEEDED", 504],
]);

/** Of names that share a status the first. */
const byStatus = new Map([...statuses].reverse().map(([name, status]) => [status, name]));

/** The error object of this wire. */
export function errorObject(error: GatewayError, callId?: string): JsonObject {
  const { param, retryAfterMs: wait, code } = error;
  const details: JsonObject[] = [
    { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: code.toUpperCase(), domain: "polygate" },
  ];
  if (param !== undefined) {
    const fieldViolations = [{ field: param, description: error.message }];
    details.push({ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations });
  }
  if (wait !== undefined) {
    details.push({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${Math.ceil(wait) / 1000}s` });
  }
  const message = callId === undefined ? error.message : `${error.message} (call ${callId})`;
  return { code: error.status, message, status: nameOf(error), details };
}

/** The name that goes with our kind of error, unless its HTTP status (a provider's own, it may be) goes with another. */
function nameOf({ grpcStatus, status }: GatewayError): string {
  const name = names.get(grpcStatus) ?? "UNKNOWN";
  return statuses.get(name) === status ? name : (byStatus.get(status) ?? name);
}

export function encodeError(error: GatewayError, callId: string): WireError {
  const { retryAfterMs: wait } = error;
  return {
    status: error.status,
    headers: {
      "content-type": "application/json",
      ...(wait !== undefined && { "retry-after": String(Math.ceil(wait / 1000)) }),
    },
    body: { error: errorObject(error, callId) },
  };
}
