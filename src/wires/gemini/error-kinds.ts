import type { ErrorCode } from "../../canonical/error.ts";
import { overflow } from "../shared/upstream-error.ts";

/** What an error says, wherever its body keeps it. */
export interface Fault {
  readonly message: string | undefined;
  /** Google's status, e.g. RESOURCE_EXHAUSTED. */
  readonly status: string | undefined;
  /** Reason of an ErrorInfo, e.g. API_KEY_INVALID. */
  readonly reason: string | undefined;
  /** Ids of the quotas that are used up. */
  readonly quotas: readonly string[];
  /** The limit of the quota, as Vertex tells it. */
  readonly quotaValue: string | undefined;
  /** The request field at fault. */
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether it came in Google's shape at all. */
  readonly json: boolean;
}

const key =
  /api key (?:not valid|not found|expired|invalid)|api_key_invalid|unregistered callers|credentials? (?:are|is) (?:missing|invalid)/i;
const account =
  /user location is not supported|has not been used in project|is disabled|account has been|consumer.{0,40}suspended|permission '?aiplatform/i;
const poor = /billing|free tier (?:is not|isn't) available|prepay|credits? (?:are|is) depleted|out of credit|payment/i;
const policy =
  /prohibited (?:content|use)|blocked (?:by|due to|because)|violat\w+ [^.]{0,60}polic|safety (?:filter|setting|reasons)/i;
const model = /\bmodels?\b[^\n]{0,200}(?:not found|is not supported|does not exist|no longer available)|publisher model/i;
const file = /cached ?content|\bfiles?\b/i;

/** What an error is, from its status and what it says. */
export function classify(status: number, fault: Fault): ErrorCode {
  const said = (fault.message ?? "").slice(0, 2000);
  const { reason = "" } = fault;
  if (!fault.json) return classifyPlain(status);
  if (/^API_KEY_|^ACCESS_TOKEN_|^CREDENTIALS_|^SERVICE_DISABLED|^IAM_PERMISSION|^CONSUMER_/.test(reason) || key.test(said)) {
    return "provider_credential";
  }
  switch (status) {
    case 400:
      if (overflow.test(said)) return "context_overflow";
      if (account.test(said)) return "provider_credential";
      if (fault.status === "FAILED_PRECONDITION" && poor.test(said)) return "provider_quota";
      return policy.test(said) ? "content_policy" : "invalid_request";
    case 401:
      return "provider_credential";
    case 402:
      return "provider_quota";
    case 403:
      // The files and caches a caller names are the caller's to check.
      return file.test(said) && !account.test(said) ? "invalid_request" : "provider_credential";
    case 404:
      if (model.test(said)) return "model_not_found";
      return file.test(said) ? "invalid_request" : "provider_error";
    case 408:
    case 504:
      return "timeout";
    case 413:
      return overflow.test(said) ? "context_overflow" : "payload_too_large";
    case 429:
      return exhausted(fault, said) ? "provider_quota" : "rate_limited";
    case 409:
    case 503:
      return "overloaded";
    default:
      if (status >= 400 && status < 499) return "invalid_request";
      if (overflow.test(said)) return "context_overflow";
      return /overloaded|unavailable|high demand/i.test(said) ? "overloaded" : "provider_error";
  }
}

/** Whether waiting a little would not help: the day's quota is used up, there is none at all, or the money is gone. */
function exhausted({ quotas, quotaValue, retryAfterMs }: Fault, said: string): boolean {
  if (quotas.some((id) => /PerDay/i.test(id)) || /per day/i.test(said)) return true;
  if (quotas.some((id) => /PerMinute/i.test(id)) && !/limit: 0\b/.test(said)) return false;
  if (quotaValue === "0" || /limit: 0\b/.test(said)) return true;
  return retryAfterMs === undefined && poor.test(said);
}

/** A body that is not Google's comes from something before the API: only its status can be trusted. */
function classifyPlain(status: number): ErrorCode {
  if (status === 401 || status === 403) return "provider_credential";
  if (status === 413) return "payload_too_large";
  if (status === 429) return "rate_limited";
  if (status === 503) return "overloaded";
  if (status === 408 || status === 504) return "timeout";
  return status >= 400 && status < 500 && status !== 404 ? "invalid_request" : "provider_error";
}
