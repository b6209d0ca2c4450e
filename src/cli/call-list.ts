import { formatDollars } from "../canonical/cost.ts";
import { type CallLine, latestCalls } from "../ledger/call-list.ts";
import { ledgerFile } from "../ledger/open.ts";
import { openLedgerReader } from "../ledger/reader.ts";
import { unreadable } from "./failure.ts";
import { moment, noMoment } from "./moment.ts";
import type { Ports } from "./ports.ts";
import { jsonText } from "./terminal/json.ts";
import { type Paint, paintFor } from "./terminal/paint.ts";
import { type TableLayout, table } from "./terminal/table.ts";
import { oneLine } from "./terminal/text.ts";

export interface CallListOptions {
  readonly dataDir: string;
  /** See `moment`. */
  readonly since: string;
  readonly key?: string | undefined;
  readonly model?: string | undefined;
  readonly errors: boolean;
  readonly limit: number;
  readonly json: boolean;
  readonly ports: Pick<Ports, "out" | "err" | "wall" | "terminal" | "env">;
}

/** `polygate call list`: the latest calls, each by its last attempt. Returns the exit code. */
export async function callListCommand(options: CallListOptions): Promise<number> {
  const { dataDir, since, key, model, errors, limit, json, ports } = options;
  const sinceMs = moment(since, ports.wall());
  if (sinceMs === undefined) {
    ports.err(noMoment("--since", since));
    return 2;
  }
  let lines: readonly CallLine[] = [];
  try {
    const db = openLedgerReader(dataDir);
    const filter = { sinceMs, key, model, errors };
    if (db !== undefined) lines = await latestCalls(db, filter, limit).finally(() => db.destroy());
  } catch (thrown) {
    ports.err(unreadable(thrown));
    return 1;
  }
  if (json) ports.out(jsonText(lines.map(told)));
  else if (lines.length === 0)
    ports.out(`No such calls since ${since} in ${ledgerFile(dataDir)}; --since 7d looks further back.`);
  else {
    const paint = paintFor(ports, "out");
    const nowMs = ports.wall();
    const rows = [heads, ...lines.map((line) => cells(line, nowMs))];
    for (const [index, text] of table(rows, callLayout(ports)).entries())
      ports.out(index === 0 ? paint("dim", text) : painted(text, lines[index - 1], paint));
    if (lines.length === limit) ports.err(`These are the latest ${limit}; --limit shows more.`);
  }
  return 0;
}

/** A line as programs get it. */
export const told = (line: CallLine): object => ({ ...line, startedAt: new Date(line.startedAt).toISOString() });

/** Of the table's columns, and of `tail`'s lines. */
export const heads = ["BEGAN", "CALL", "KEY", "MODEL", "ENDED", "INPUT", "OUTPUT", "COST USD", "TIME"];

/** What gives way on a narrow terminal: names first, then the key, tokens and cost. */
export const callLayout = ({ terminal }: Pick<Ports, "terminal">): TableLayout => ({
  right: new Set([5, 6, 7, 8]),
  columns: terminal.out ? terminal.columns : undefined,
  flexible: [3, 4, 2],
  optional: [2, 5, 6, 7],
});

export function cells(line: CallLine, nowMs: number): readonly string[] {
  const { startedAt, callId, attempt, key, provider, model, input, output, costNano, durationMs } = line;
  return [
    localTime(startedAt, nowMs),
    oneLine(callId, 60),
    oneLine(key, 40),
    `${oneLine(provider, 60)}/${oneLine(model, 80)}`,
    `${ended(line)}${attempt > 1 ? ` (attempt ${attempt})` : ""}`,
    input?.toLocaleString("en-US") ?? "-",
    output?.toLocaleString("en-US") ?? "-",
    costNano === undefined ? "-" : formatDollars(BigInt(costNano)),
    durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`,
  ];
}

/** How it went, in one word or two: the finish reason of what ended well, the error of what did not. */
function ended({ terminal, errorCode, status, finishReason }: CallLine): string {
  if (terminal === "finished" || terminal === "limited") return finishReason ?? terminal;
  const word = errorCode ?? terminal;
  return status === undefined || status < 400 ? word : `${word} ${status}`;
}

/** A line in red where the attempt failed. */
export function painted(text: string, line: CallLine | undefined, paint: Paint): string {
  if (line?.terminal === "error" || line?.terminal === "truncated") return paint("red", text);
  return line?.terminal === "cancelled" ? paint("yellow", text) : text;
}

/** The time of day; of another day than today the date before it, and no seconds. */
function localTime(ms: number, nowMs: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const today = at.toDateString() === new Date(nowMs).toDateString();
  return today ? `${time}:${two(at.getSeconds())}` : `${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}
