import { attemptsAfter, type CallFilter, type CallLine, lastSeq, latestAttempts } from "../ledger/call-list.ts";
import { ledgerFile } from "../ledger/open.ts";
import { openLedgerReader } from "../ledger/reader.ts";
import { callLayout, cells, heads, painted, told } from "./call-list.ts";
import { unreadable } from "./failure.ts";
import type { Ports } from "./ports.ts";
import { jsonLine } from "./terminal/json.ts";
import { paintFor } from "./terminal/paint.ts";
import { fit, lay } from "./terminal/table.ts";

export interface TailOptions {
  readonly dataDir: string;
  readonly filter: CallFilter;
  /** How many of the latest to begin with. */
  readonly lines: number;
  readonly json: boolean;
  readonly ports: Pick<Ports, "out" | "err" | "terminal" | "env" | "sleep" | "onStop" | "onOutputLost" | "wall">;
}

/** How often the ledger is looked at. */
const everyMs = 500;
const atOnce = 1000;

/** `polygate tail`: every attempt as it is booked, until told to stop. Resolves to the exit code. */
export async function tailCommand({ dataDir, filter, lines, json, ports }: TailOptions): Promise<number> {
  const stopped = new AbortController();
  const forgets = [ports.onStop(() => stopped.abort()), ports.onOutputLost(() => stopped.abort())];
  const print = json ? (line: CallLine) => ports.out(jsonLine(told(line))) : columns(ports);
  try {
    let db = openLedgerReader(dataDir);
    if (db === undefined) ports.err(`There is no ledger at ${ledgerFile(dataDir)} yet; waiting for its first call.`);
    try {
      let seq = 0;
      if (db !== undefined) {
        seq = await lastSeq(db);
        if (lines > 0) for (const line of await latestAttempts(db, seq, filter, lines)) print(line);
      }
      while (!stopped.signal.aborted) {
        db ??= openLedgerReader(dataDir);
        // What does not pass the filter is not looked at again.
        const until = db === undefined ? seq : await lastSeq(db);
        const fresh = db === undefined || until === seq ? [] : await attemptsAfter(db, { after: seq, until }, filter, atOnce);
        for (const line of fresh) print(line);
        seq = fresh.length === atOnce ? (fresh.at(-1)?.seq ?? until) : until;
        if (fresh.length < atOnce) await ports.sleep(everyMs, stopped.signal);
      }
    } finally {
      await db?.destroy();
    }
  } catch (thrown) {
    ports.err(unreadable(thrown));
    return 1;
  } finally {
    for (const forget of forgets) forget();
  }
  return 0;
}

/** As a table whose later rows are not known yet: each column has a width of its own. */
function columns(ports: TailOptions["ports"]): (line: CallLine) => void {
  const layout = callLayout(ports);
  const widths = fit([11, 37, 10, 32, 14, 8, 8, 10, 8], layout);
  const paint = paintFor(ports, "out");
  const row = (texts: readonly string[]): string => lay(texts, widths, layout.right);
  ports.out(paint("dim", row(heads)));
  return (line) => ports.out(painted(row(cells(line, ports.wall())), line, paint));
}
