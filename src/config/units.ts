const milliseconds: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

const bytes: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["kb", 1024],
  ["mb", 1024 ** 2],
  ["gb", 1024 ** 3],
]);

/** "10s", "1.5m", "500ms" → milliseconds; undefined where it is no duration. A bare number is none: its unit would be a guess. */
export const parseDuration = (text: string): number | undefined => parse(text, milliseconds);

/** "32mb", "64kb" (of 1024) → bytes. */
export const parseSize = (text: string): number | undefined => parse(text, bytes);

/** Milliseconds → "10s". */
export function formatDuration(ms: number): string {
  for (const [unit, size] of [...milliseconds].reverse()) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** Bytes → "32mb". */
export function formatSize(size: number): string {
  for (const [unit, of] of [...bytes].reverse()) if (size >= of && size % of === 0) return `${size / of}${unit}`;
  return `${size}b`;
}

function parse(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const size = units.get(match?.[2]?.toLowerCase() ?? "");
  const value = size === undefined ? Number.NaN : Math.round(Number(match?.[1]) * size);
  return Number.isSafeInteger(value) ? value : undefined;
}
