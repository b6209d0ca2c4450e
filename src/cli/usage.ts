import { formatDollars } from "../canonical/cost.ts";
import { openLedgerReader } from "../ledger/reader.ts";
import { type ReportBy, type UsageLine, type UsageReport, type UsageSums, usageReport } from "../ledger/report.ts";
import { unreadable } from "./failure.ts";
import { moment, noMoment } from "./moment.ts";
import type { Ports } from "./ports.ts";
import { jsonText } from "./terminal/json.ts";
import { paintFor } from "./terminal/paint.ts";
import { table } from "./terminal/table.ts";
import { oneLine } from "./terminal/text.ts";

export interface UsageOptions {
  readonly dataDir: string;
  /** See `moment`. */
  readonly since: string;
  /** None: now. */
  readonly until?: string | undefined;
  /** model, provider, key, or label:NAME. */
  readonly by: string;
  readonly json: boolean;
  readonly ports: Pick<Ports, "out" | "err" | "wall" | "terminal" | "env">;
}

/** `polygate usage`: prints what was used, read from the ledger while the gateway may be running. Returns the exit code. */
export async function usageCommand(options: UsageOptions): Promise<number> {
  const { since, until, by, json, ports } = options;
  const nowMs = ports.wall();
  const sinceMs = moment(since, nowMs);
  // The window is open towards the present: an attempt may begin while we look.
  const untilMs = until === undefined ? Number.MAX_SAFE_INTEGER : moment(until, nowMs);
  if (sinceMs === undefined || untilMs === undefined) {
    ports.err(sinceMs === undefined ? noMoment("--since", since) : noMoment("--until", until ?? ""));
    return 2;
  }
  if (!isReportBy(by)) {
    ports.err(`--by takes model, provider, key, or label:NAME with the name of a label; ${JSON.stringify(by)} is none of these.`);
    return 2;
  }
  let report: UsageReport | undefined;
  try {
    const db = openLedgerReader(options.dataDir);
    if (db !== undefined) report = await usageReport(db, { sinceMs, untilMs }, by).finally(() => db.destroy());
  } catch (thrown) {
    ports.err(unreadable(thrown));
    return 1;
  }
  if (json) {
    const { lines = [], total = nothing } = report ?? {};
    const window = { since: instant(sinceMs), until: instant(until === undefined ? nowMs : untilMs) };
    ports.out(jsonText({ ...window, by, lines: lines.map(known), total: known(total) }));
  } else if (report === undefined || report.total.attempts === 0n) {
    const more = untilMs < nowMs ? "" : " Send one through the gateway and it shows here; --since 7d looks further back.";
    ports.out(`No calls since ${inWords(since)}${until === undefined ? "" : ` until ${inWords(until)}`}.${more}`);
  } else print(report, by, ports);
  return 0;
}

const inWords = (moment: string): string => `${moment}${/^\d+\w$/.test(moment) ? " ago" : ""}`;

const isReportBy = (text: string): text is ReportBy => /^(?:model|provider|key|label:.+)$/.test(text);

const figures = ["CALLS", "ATTEMPTS", "ERRORS", "INPUT", "CACHE READ", "CACHE WRITE", "OUTPUT", "REASONING", "COST USD"];

function print(report: UsageReport, by: ReportBy, ports: UsageOptions["ports"]): void {
  const head = heads(by);
  const blank = head.map((_, index) => (index === 0 ? "total" : ""));
  const rows = [
    [...head, ...figures],
    ...report.lines.map((line) => [...labels(line, by), ...cells(line)]),
    ...(report.lines.length > 1 ? [[...blank, ...cells(report.total)]] : []),
  ];
  const right = new Set(figures.map((_, index) => head.length + index));
  const columns = ports.terminal.out ? ports.terminal.columns : undefined;
  const paint = paintFor(ports, "out");
  // Of the figures, calls, input, output and cost are the last to go.
  const optional = [7, 5, 4, 1, 2].map((figure) => head.length + figure);
  const flexible = head.map((_, index) => head.length - 1 - index);
  for (const [index, line] of table(rows, { right, columns, flexible, optional }).entries()) {
    const last = index === rows.length - 1 && report.lines.length > 1;
    ports.out(index === 0 ? paint("dim", line) : last ? paint("bold", line) : line);
  }
  const { cancelled, estimated, withoutUsage, withoutPrice } = report.total;
  if (cancelled > 0n) ports.out(`${attempts(cancelled, "was", "were")} cancelled by the caller.`);
  if (estimated > 0n)
    ports.out(`${attempts(estimated, "has", "have")} no usage of the provider's own: the tokens are estimates.`);
  if (withoutUsage > 0n) ports.out(`${attempts(withoutUsage, "has", "have")} no usage: what was used is missing from the sums.`);
  if (withoutPrice > 0n) ports.out(`${attempts(withoutPrice, "has", "have")} no known price: the cost is missing from the sums.`);
}

const attempts = (count: bigint, one: string, more: string): string =>
  `${count.toLocaleString("en-US")} ${count === 1n ? `attempt ${one}` : `attempts ${more}`}`;

function heads(by: ReportBy): readonly string[] {
  if (by === "model") return ["PROVIDER", "MODEL"];
  return [oneLine(by.replace(/^label:/, ""), 40).toUpperCase()];
}

function labels(line: UsageLine, by: ReportBy): readonly string[] {
  if (by === "model") return [oneLine(line.provider ?? "", 60), oneLine(line.model ?? "", 60)];
  return [oneLine(line.provider ?? line.key ?? line.label ?? "(none)", 60)];
}

const cells = (sums: UsageSums): readonly string[] => [
  ...[
    sums.calls,
    sums.attempts,
    sums.errors,
    sums.inputUncached,
    sums.cacheRead,
    sums.cacheWrite,
    sums.outputVisible,
    sums.outputReasoning,
  ].map((value) => value.toLocaleString("en-US")),
  cost(sums),
];

/** "?" where nothing at all is known of the cost; "+" where something is missing from the sum. */
function cost(sums: UsageSums): string {
  const { costNano, incomplete } = known(sums);
  return costNano === null ? "?" : `${formatDollars(costNano)}${incomplete ? "+" : ""}`;
}

/** The sums with a cost that is null where nothing at all is known of it; `incomplete`: something is missing from them. */
function known<Sums extends UsageSums>(sums: Sums): Omit<Sums, "costNano"> & { costNano: bigint | null; incomplete: boolean } {
  const incomplete = sums.withoutPrice + sums.withoutUsage > 0n;
  return { ...sums, costNano: sums.costNano === 0n && incomplete ? null : sums.costNano, incomplete };
}

/** Of no calls. */
const nothing: UsageSums = {
  calls: 0n,
  attempts: 0n,
  errors: 0n,
  cancelled: 0n,
  inputUncached: 0n,
  cacheRead: 0n,
  cacheWrite: 0n,
  outputVisible: 0n,
  outputReasoning: 0n,
  estimated: 0n,
  withoutUsage: 0n,
  costNano: 0n,
  withoutPrice: 0n,
};

const instant = (ms: number): string => new Date(ms).toISOString();
