import type { ErrorCode } from "../../canonical/error.ts";
import { maskSecrets } from "./mask.ts";

/** A prompt that is too long, in the words of any provider: those who serve others' models pass on others' words. */
export const overflow = new RegExp(
  [
    "context[ _](?:length|window|size|limit)",
    "exceed_context",
    "maximum (?:context|prompt)",
    "(?:prompt|input|length of all messages) (?:is )?too long",
    "too many (?:input )?tokens",
    "too_many_prompt_tokens",
    "string_above_max_length",
    "reduce the length of the (?:messages|prompt)",
    "exceed\\w* [^.]{0,40}token limit",
    "token count[^\\n]{0,80}exceeds? the maximum",
    "exceeds? the maximum number of (?:input )?tokens",
  ].join("|"),
  "i",
);

/**
 * The provider's own words, where they are words for a caller: no page of HTML, no endless text, no credentials.
 *
 * @param plain the reply's status, where its body was text and no JSON: a short reason at best, and from a failing server a
 *   proxy's page or a stack
 */
export function quotable(message: string | undefined, plain?: number): string | undefined {
  if (message === undefined || message.trim() === "" || /^\s*</.test(message)) return undefined;
  if (plain !== undefined && (plain >= 500 || message.length > 300)) return undefined;
  return maskSecrets(message.length > 1000 ? `${message.slice(0, 1000)}…` : message).trim();
}

/**
 * What a caller is told of a provider's refusal.
 *
 * @param theirs the provider's own words, fit to be quoted
 */
export function explain(code: ErrorCode, status: number, theirs: string | undefined, provider: string): string {
  const quoted = theirs === undefined ? "" : ` It said: ${theirs}`;
  switch (code) {
    case "provider_credential":
      return `Provider ${provider} refused the gateway's credential (HTTP ${status}). The operator of this gateway has to check it.`;
    case "provider_quota":
      return `The gateway's account at provider ${provider} has no quota or credit left (HTTP ${status}). The operator of this gateway has to raise it.`;
    case "rate_limited":
      return `Provider ${provider} limits the rate of requests at the moment (HTTP ${status}). Try again later.${quoted}`;
    case "overloaded":
      return `Provider ${provider} is overloaded at the moment (HTTP ${status}). Try again later.${quoted}`;
    case "timeout":
      return `Provider ${provider} gave no answer in time (HTTP ${status}). Try again.`;
    case "provider_error":
      if (status === 404) {
        return `Provider ${provider} has nothing at the address this gateway calls (HTTP 404). The operator has to check its base_url.`;
      }
      return `Provider ${provider} failed (HTTP ${status}). Try again.${quoted}`;
    default:
      return theirs ?? `Provider ${provider} refused the request (HTTP ${status}) and gave no reason.`;
  }
}
