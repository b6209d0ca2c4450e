import { openLedgerReader } from "../ledger/reader.ts";
import { type ReportBy, type UsageLine, type UsageReport, type UsageSums, usageReport } from "../ledger/report.ts";

export interface UsageOptions {
  readonly dataDir: string;
  /** How far back: a number and m, h or d, e.g. `24h`. */
  readonly since: string;
  /** model, provider or key. */
  readonly by: string;
  readonly json: boolean;
  /** Takes one line of output. */
  readonly out: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** `polygate usage`: prints what was used, read from the ledger while the gateway may be running. Returns the exit code. */
export async function usageCommand(options: UsageOptions): Promise<number> {
  const { since, by, json, out, nowMs } = options;
  const sinceMs = parseSpan(since);
  if (sinceMs === undefined) {
    out(`--since takes a number and m, h or d, such as 30m, 24h or 7d; "${since}" is none.`);
    return 2;
  }
  if (!isReportBy(by)) {
    out(`--by takes model, provider or key; "${by}" is none.`);
    return 2;
  }
  let report: UsageReport | undefined;
  try {
    const db = openLedgerReader(options.dataDir);
    // The window is open towards the present: an attempt may begin while we look.
    if (db !== undefined) {
      const window = { sinceMs: nowMs - sinceMs, untilMs: Number.MAX_SAFE_INTEGER };
      report = await usageReport(db, window, by).finally(() => db.destroy());
    }
  } catch (thrown) {
    out(`The ledger cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return 1;
  }
  if (json) out(JSON.stringify({ since, by, lines: report?.lines ?? [], total: report?.total ?? null }, digits, 2));
  else if (report === undefined || report.total.attempts === 0n) {
    out(`No calls in the last ${since}. Send one through the gateway and it shows here; --since 7d looks further back.`);
  } else for (const line of table(report, by)) out(line);
  return 0;
}

/** A number where JSON readers keep every digit, else the digits as text. */
const digits = (_key: string, value: unknown): unknown => {
  if (typeof value !== "bigint") return value;
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
};

const isReportBy = (text: string): text is ReportBy => text === "model" || text === "provider" || text === "key";

const units: { readonly [unit: string]: number | undefined } = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseSpan(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = units[unit ?? ""];
  return ms === undefined || Number(count) === 0 ? undefined : Number(count) * ms;
}

const names: { readonly [By in ReportBy]: readonly string[] } = {
  model: ["PROVIDER", "MODEL"],
  provider: ["PROVIDER"],
  key: ["KEY"],
};
const figures = ["CALLS", "ATTEMPTS", "ERRORS", "INPUT", "CACHE READ", "CACHE WRITE", "OUTPUT", "REASONING"];

function table(report: UsageReport, by: ReportBy): readonly string[] {
  const head = names[by];
  const blank = head.map((_, index) => (index === 0 ? "total" : ""));
  const rows = [
    [...head, ...figures],
    ...report.lines.map((line) => [...labels(line, by), ...cells(line)]),
    ...(report.lines.length > 1 ? [[...blank, ...cells(report.total)]] : []),
  ];
  const widths = [...head, ...figures].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column < head.length ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const { cancelled, estimated, withoutUsage } = report.total;
  if (cancelled > 0n) lines.push(`${cancelled} attempts were cancelled by their callers.`);
  if (estimated > 0n) lines.push(`${estimated} attempts came without usage and were estimated.`);
  if (withoutUsage > 0n) lines.push(`${withoutUsage} attempts came without usage; their tokens are not in these sums.`);
  return lines;
}

function labels(line: UsageLine, by: ReportBy): readonly string[] {
  switch (by) {
    case "model":
      return [printable(line.provider), printable(line.model)];
    case "provider":
      return [printable(line.provider)];
    case "key":
      return [printable(line.key)];
  }
}

const cells = (sums: UsageSums): readonly string[] =>
  [
    sums.calls,
    sums.attempts,
    sums.errors,
    sums.inputUncached,
    sums.cacheRead,
    sums.cacheWrite,
    sums.outputVisible,
    sums.outputReasoning,
  ].map((value) => value.toLocaleString("en-US"));

/** A model's name came from outside: it must not steer the terminal. */
const printable = (text: string | undefined): string => (text ?? "").replaceAll(/\p{C}/gu, "?").slice(0, 60);
