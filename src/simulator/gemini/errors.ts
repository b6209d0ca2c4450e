import type { JsonObject } from "../../canonical/json.ts";
import type { ErrorForm, ErrorKind } from "../face.ts";

const table: { readonly [Kind in ErrorKind]: { readonly code: number; readonly status: string } } = {
  invalid: { code: 400, status: "INVALID_ARGUMENT" },
  "context-overflow": { code: 400, status: "INVALID_ARGUMENT" },
  authentication: { code: 400, status: "INVALID_ARGUMENT" },
  permission: { code: 403, status: "PERMISSION_DENIED" },
  "not-found": { code: 404, status: "NOT_FOUND" },
  "too-large": { code: 413, status: "INVALID_ARGUMENT" },
  "rate-limit": { code: 429, status: "RESOURCE_EXHAUSTED" },
  internal: { code: 500, status: "INTERNAL" },
  overloaded: { code: 503, status: "UNAVAILABLE" },
};

export const statusOf = (kind: ErrorKind): number => table[kind].code;

const rpc = "type.googleapis.com/google.rpc.";

/** Every error as Google words it; `message` is kept where only it says what is wrong. */
export function errorBody(kind: ErrorKind, message: string, _requestId: string, retryAfter?: number): string {
  const { code, status } = table[kind];
  const details = detailsOf(kind, message, retryAfter);
  const error = { code, message: worded(kind, message), status, ...(details.length > 0 && { details }) };
  return JSON.stringify({ error }, undefined, 2);
}

function worded(kind: ErrorKind, message: string): string {
  switch (kind) {
    case "authentication":
      return "API key not valid. Please pass a valid API key.";
    case "context-overflow":
      return "The input token count (9999) exceeds the maximum number of tokens allowed (8192).";
    case "not-found":
      return message.startsWith("model: ") ? notFound("unknown") : message;
    case "rate-limit":
      return `You exceeded your current quota, please check your plan and billing details. ${message}`;
    case "internal":
      return message === "" ? "An internal error has occurred. Please retry." : message;
    case "overloaded":
      return "The model is overloaded. Please try again later.";
    case "invalid":
    case "permission":
    case "too-large":
      return message;
  }
}

export const notFound = (model: string): string =>
  `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ModelService.ListModels to see the list of available models and their supported methods.`;

function detailsOf(kind: ErrorKind, message: string, retryAfter: number | undefined): readonly JsonObject[] {
  if (kind === "authentication") {
    const metadata = { service: "generativelanguage.googleapis.com" };
    return [
      { "@type": `${rpc}ErrorInfo`, reason: "API_KEY_INVALID", domain: "googleapis.com", metadata },
      { "@type": `${rpc}LocalizedMessage`, locale: "en-US", message: worded(kind, message) },
    ];
  }
  if (kind === "rate-limit") {
    const violation = {
      quotaMetric: "generativelanguage.googleapis.com/generate_content_free_tier_requests",
      quotaId: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
      quotaValue: "5",
    };
    const quota = { "@type": `${rpc}QuotaFailure`, violations: [violation] };
    return retryAfter === undefined ? [quota] : [quota, { "@type": `${rpc}RetryInfo`, retryDelay: `${retryAfter}s` }];
  }
  const fieldViolations = kind === "invalid" ? message.split("\n").flatMap(violationOf) : [];
  return fieldViolations.length === 0 ? [] : [{ "@type": `${rpc}BadRequest`, fieldViolations }];
}

/** What the service's JSON reader refuses comes with the fields at fault. */
function violationOf(description: string): readonly JsonObject[] {
  if (!/^Invalid (JSON payload|value at)/.test(description)) return [];
  const field = / at '([^']*)'/.exec(description)?.[1];
  return [{ ...(field !== undefined && { field }), description }];
}

/** An error within a stream of events: as one event, or (`flat`) unframed, both of which the service has sent. */
export const errorEvent = (
  kind: ErrorKind,
  message: string,
  requestId: string,
  _sent: readonly string[],
  form: ErrorForm,
): string =>
  form === "flat"
    ? errorBody(kind, message, requestId)
    : `data: ${JSON.stringify(JSON.parse(errorBody(kind, message, requestId)))}\r\n\r\n`;

/** An error as the last element of an array. */
export const errorElement = (kind: ErrorKind, message: string, requestId: string, sent: readonly string[]): string =>
  `${sent.length === 0 ? "[" : ",\r\n"}${errorBody(kind, message, requestId)}\r\n]`;
