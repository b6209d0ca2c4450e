import type { ErrorKind } from "../face.ts";

const table: { readonly [Kind in ErrorKind]: { readonly status: number; readonly type: string; readonly code: string | null } } =
  {
    invalid: { status: 400, type: "invalid_request_error", code: null },
    "context-overflow": { status: 400, type: "invalid_request_error", code: "context_length_exceeded" },
    authentication: { status: 401, type: "invalid_request_error", code: "invalid_api_key" },
    permission: { status: 403, type: "invalid_request_error", code: "permission_denied" },
    "not-found": { status: 404, type: "invalid_request_error", code: "model_not_found" },
    "too-large": { status: 413, type: "invalid_request_error", code: null },
    "rate-limit": { status: 429, type: "tokens", code: "rate_limit_exceeded" },
    internal: { status: 500, type: "server_error", code: null },
    overloaded: { status: 503, type: "server_error", code: "overloaded" },
  };

export const statusOf = (kind: ErrorKind): number => table[kind].status;

/** `param` is the field a validator's sentence begins with, where it names one. */
export function errorBody(kind: ErrorKind, message: string): string {
  const param = kind === "context-overflow" ? "messages" : (/^([a-z_]+(?:[.[][\w.[\]]*)?): /.exec(message)?.[1] ?? null);
  return JSON.stringify({ error: { message, type: table[kind].type, param, code: table[kind].code } });
}

export const errorFrame = (kind: ErrorKind, message: string): string => `data: ${errorBody(kind, message)}\n\n`;
