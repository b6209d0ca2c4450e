import type { HeaderBag } from "../../../canonical/call.ts";

/** Milliseconds of each unit that durations are written in. */
const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `120ms`, `7.66s`, `6m0s`, `1h2m3s` in milliseconds; undefined for anything else. */
export function duration(value: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(value)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) sum += Number(amount) * (units[unit ?? ""] ?? 0);
  return sum;
}

/**
 * How long a provider asks to be left alone, in milliseconds: the longest of its hints. A date needs a clock and is no hint
 * here; a limit's reset counts only where that limit is used up.
 *
 * @param message the error's text, which often says "try again in 174ms"
 */
export function retryAfterMs(headers: HeaderBag, message: string | undefined): number | undefined {
  const hints: number[] = [];
  const hint = (value: number | undefined): void => {
    if (value !== undefined && Number.isFinite(value) && value >= 0) hints.push(value);
  };
  const precise = plain(headers["retry-after-ms"]);
  hint(precise);
  const seconds = plain(headers["retry-after"]);
  hint(seconds === undefined ? undefined : seconds * 1000);
  for (const what of ["requests", "tokens"]) {
    if (headers[`x-ratelimit-remaining-${what}`] === "0") hint(duration(headers[`x-ratelimit-reset-${what}`] ?? ""));
  }
  const said = /(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)\b/i.exec(message ?? "")?.[1];
  hint(said === undefined ? undefined : duration(said));
  return hints.length === 0 ? undefined : Math.ceil(Math.max(...hints));
}

const plain = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
