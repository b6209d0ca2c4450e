import type { HeaderBag } from "../canonical/call.ts";
import { durationMs } from "../canonical/duration.ts";

/** Waits longer than this are cut to it: a provider that says a year is not taken at its word. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/**
 * How long a provider asks to be left alone, in milliseconds; undefined where it says nothing that can be read. The most
 * exact word counts: `retry-after-ms`, then `retry-after` (seconds or an HTTP date), then the reset of whichever announced
 * rate limit is used up (`x-ratelimit-reset-*`, `anthropic-ratelimit-*-reset`).
 *
 * Zero and past dates give 0. Negative, fractional-date and other junk is ignored. Capped at `capMs` (default a day).
 *
 * @param wall milliseconds since the epoch, against which dates are read
 */
export function retryAfterMs(headers: HeaderBag, wall: number, capMs: number = LONGEST_MS): number | undefined {
  const wait = decimal(headers["retry-after-ms"]) ?? secondsOrDate(headers["retry-after"], wall) ?? exhaustedReset(headers, wall);
  return wait === undefined ? undefined : Math.min(Math.max(0, Math.ceil(wait)), capMs);
}

const DECIMAL = /^\d{1,15}(?:\.\d{1,9})?$/;

function decimal(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  return trimmed !== undefined && DECIMAL.test(trimmed) ? Number(trimmed) : undefined;
}

function secondsOrDate(text: string | undefined, wall: number): number | undefined {
  const seconds = decimal(text);
  if (seconds !== undefined) return seconds * 1000;
  const date = httpDate(text);
  return date === undefined ? undefined : date - wall;
}

const HTTP_DATE = /^(?:[A-Z][a-z]{2,8}),? \d{1,2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/;

function httpDate(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  if (trimmed === undefined || !HTTP_DATE.test(trimmed)) return undefined;
  const at = Date.parse(trimmed);
  return Number.isNaN(at) ? undefined : at;
}

const LIMITS = ["requests", "tokens", "input-tokens", "output-tokens"] as const;

/** The latest reset among the limits of which nothing remains: before it, another try only meets the same limit. */
function exhaustedReset(headers: HeaderBag, wall: number): number | undefined {
  let latest: number | undefined;
  const take = (remaining: string | undefined, wait: number | undefined): void => {
    if (wait !== undefined && decimal(remaining) === 0 && (latest === undefined || wait > latest)) latest = wait;
  };
  for (const limit of LIMITS) {
    take(headers[`x-ratelimit-remaining-${limit}`], resetWait(headers[`x-ratelimit-reset-${limit}`], wall));
    const anthropic = `anthropic-ratelimit-${limit}`;
    take(headers[`${anthropic}-remaining`], rfc3339(headers[`${anthropic}-reset`], wall));
  }
  take(headers["x-ratelimit-remaining"], resetWait(headers["x-ratelimit-reset"], wall));
  return latest;
}

/** OpenAI's and its likes': `6m0s`, `120ms`, plain seconds, seconds since the epoch (OpenRouter: milliseconds), or a date. */
function resetWait(text: string | undefined, wall: number): number | undefined {
  const plain = decimal(text);
  if (plain !== undefined) {
    if (plain > 1e11) return plain - wall;
    return plain > 1e9 ? plain * 1000 - wall : plain * 1000;
  }
  return durationMs(text) ?? rfc3339(text, wall);
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

function rfc3339(text: string | undefined, wall: number): number | undefined {
  const trimmed = text?.trim();
  if (trimmed === undefined || !RFC3339.test(trimmed)) return undefined;
  const at = Date.parse(trimmed);
  return Number.isNaN(at) ? undefined : at - wall;
}
