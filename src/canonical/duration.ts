const unitMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** As much of a text as can be a duration: `120ms`, `7.66s`, `6m0s`, `1h2m3s`. */
export const durationPattern = "(?:\\d{1,15}(?:\\.\\d{1,9})?(?:ms|[smhd])){1,5}";
const whole = new RegExp(`^${durationPattern}$`);

/** A duration as providers write them, in milliseconds; undefined for anything else. */
export function durationMs(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  if (trimmed === undefined || !whole.test(trimmed)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
    sum += Number(amount) * (unitMs.get(unit ?? "") ?? 0);
  return sum;
}
