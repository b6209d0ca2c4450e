import type { ErrorKind } from "../face.ts";

const table: { readonly [Kind in ErrorKind]: { readonly status: number; readonly type: string } } = {
  invalid: { status: 400, type: "invalid_request_error" },
  "context-overflow": { status: 400, type: "invalid_request_error" },
  authentication: { status: 401, type: "authentication_error" },
  permission: { status: 403, type: "permission_error" },
  "not-found": { status: 404, type: "not_found_error" },
  "too-large": { status: 413, type: "request_too_large" },
  "rate-limit": { status: 429, type: "rate_limit_error" },
  internal: { status: 500, type: "api_error" },
  overloaded: { status: 529, type: "overloaded_error" },
};

export const statusOf = (kind: ErrorKind): number => table[kind].status;

export const errorBody = (kind: ErrorKind, message: string, requestId: string): string =>
  JSON.stringify({ type: "error", error: { type: table[kind].type, message }, request_id: requestId });

export const errorFrame = (kind: ErrorKind, message: string, requestId: string): string =>
  `event: error\ndata: ${errorBody(kind, message, requestId)}\n\n`;
