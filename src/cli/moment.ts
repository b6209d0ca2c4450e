const units: { readonly [unit: string]: number | undefined } = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const date = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** A moment as `--since` and `--until` take it, in milliseconds since the epoch: so far back from now, or a date (local time). */
export function moment(text: string, nowMs: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const ms = units[unit ?? ""];
  if (ms !== undefined) return Number(count) === 0 ? undefined : nowMs - Number(count) * ms;
  if (!date.test(text)) return undefined;
  // A bare date would be taken for one of UTC.
  const at = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T"));
  return Number.isNaN(at) ? undefined : at;
}

/** What a flag that names no moment is answered with. */
export const noMoment = (flag: string, text: string): string =>
  `${flag} takes a span such as 30m, 24h or 7d, or a date such as 2026-11-01 or 2026-11-01T08:00; ${JSON.stringify(text)} is neither.`;
