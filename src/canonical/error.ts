import type { Json } from "./json.ts";
import type { Redact } from "./log.ts";

/** Whose fault an error is decides who may do something about it. */
export type Fault = "caller" | "operator" | "provider" | "gateway";

interface ErrorKind {
  readonly http: number;
  /** gRPC status number. */
  readonly grpc: number;
  /** Whether the same call may succeed on another try (of this deployment or another). */
  readonly retryable: boolean;
  readonly fault: Fault;
}

/** The one table of everything that can go wrong. */
export const errorTable = {
  invalid_request: { http: 400, grpc: 3, retryable: false, fault: "caller" },
  unsupported: { http: 400, grpc: 3, retryable: false, fault: "caller" },
  context_overflow: { http: 400, grpc: 3, retryable: false, fault: "caller" },
  content_policy: { http: 400, grpc: 3, retryable: false, fault: "caller" },
  unauthenticated: { http: 401, grpc: 16, retryable: false, fault: "caller" },
  permission_denied: { http: 403, grpc: 7, retryable: false, fault: "caller" },
  not_found: { http: 404, grpc: 5, retryable: false, fault: "caller" },
  model_not_found: { http: 404, grpc: 5, retryable: false, fault: "caller" },
  method_not_allowed: { http: 405, grpc: 12, retryable: false, fault: "caller" },
  conflict: { http: 409, grpc: 10, retryable: false, fault: "caller" },
  payload_too_large: { http: 413, grpc: 3, retryable: false, fault: "caller" },
  unsupported_media_type: { http: 415, grpc: 3, retryable: false, fault: "caller" },
  misdirected: { http: 421, grpc: 3, retryable: false, fault: "caller" },
  schema_violation: { http: 422, grpc: 9, retryable: true, fault: "provider" },
  rate_limited: { http: 429, grpc: 8, retryable: true, fault: "provider" },
  budget_exceeded: { http: 429, grpc: 8, retryable: false, fault: "caller" },
  cancelled: { http: 499, grpc: 1, retryable: false, fault: "caller" },
  internal: { http: 500, grpc: 13, retryable: false, fault: "gateway" },
  provider_credential: { http: 502, grpc: 14, retryable: false, fault: "operator" },
  provider_quota: { http: 502, grpc: 14, retryable: false, fault: "operator" },
  provider_error: { http: 502, grpc: 14, retryable: true, fault: "provider" },
  bad_reply: { http: 502, grpc: 14, retryable: true, fault: "provider" },
  truncated: { http: 502, grpc: 14, retryable: true, fault: "provider" },
  unreachable: { http: 502, grpc: 14, retryable: true, fault: "provider" },
  overloaded: { http: 503, grpc: 14, retryable: true, fault: "provider" },
  gateway_overloaded: { http: 503, grpc: 14, retryable: true, fault: "gateway" },
  timeout: { http: 504, grpc: 4, retryable: true, fault: "provider" },
} as const satisfies { readonly [code: string]: ErrorKind };

export type ErrorCode = keyof typeof errorTable;

/** What the provider said, kept for the ledger and the trace. Never shown whole to other callers. */
export interface UpstreamFault {
  readonly provider?: string | undefined;
  /** HTTP status; absent where none arrived or the error came inside a stream. */
  readonly status?: number | undefined;
  /** The provider's own error type or code. */
  readonly type?: string | undefined;
  readonly requestId?: string | undefined;
  readonly body?: Json | undefined;
}

export interface ErrorDetails {
  /** The request field at fault, as the caller's wire names it, e.g. `messages[3].content`. */
  readonly param?: string | undefined;
  /** Milliseconds to wait before another try. */
  readonly retryAfterMs?: number | undefined;
  /** Another status than the table's: the upstream's own, where it tells the caller more. */
  readonly status?: number | undefined;
  readonly upstream?: UpstreamFault | undefined;
  /** Overrules the table, e.g. for a request that may have been accepted. */
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/**
 * The only error that crosses area borders. `message` is written for the caller: what happened, where, what to do; it never
 * holds a secret, a path of this machine or a stack.
 */
export class GatewayError extends Error {
  override readonly name: string = "GatewayError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly grpcStatus: number;
  readonly retryable: boolean;
  readonly fault: Fault;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly upstream: UpstreamFault | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const kind = errorTable[code];
    this.code = code;
    this.status = details.status ?? kind.http;
    this.grpcStatus = kind.grpc;
    this.retryable = details.retryable ?? kind.retryable;
    this.fault = kind.fault;
    this.param = details.param;
    this.retryAfterMs = details.retryAfterMs;
    this.upstream = details.upstream;
  }

  /** The same error with other details where they are given. */
  with({
    message = this.message,
    status = this.status,
    retryAfterMs = this.retryAfterMs,
  }: Pick<ErrorDetails, "status" | "retryAfterMs"> & { readonly message?: string | undefined }): GatewayError {
    const { code, param, upstream, retryable, cause } = this;
    return new GatewayError(code, message, { param, upstream, retryable, cause, status, retryAfterMs });
  }

  /** The same error with nothing in it for its caller that is a secret; itself where there was nothing. */
  withoutSecrets(redact: Redact): GatewayError {
    const message = redact(this.message);
    const param = this.param === undefined ? undefined : redact(this.param);
    if (message === this.message && param === this.param) return this;
    const { code, upstream, retryable, cause, status, retryAfterMs } = this;
    return new GatewayError(code, message, { param, upstream, retryable, cause, status, retryAfterMs });
  }
}

/** Wraps anything thrown into a GatewayError; what was not one becomes `internal`, its text kept only in `cause`. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError("internal", "The gateway failed while handling this call. The operator finds the cause in its log.", {
    cause: thrown,
  });
}
