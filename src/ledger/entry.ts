import type { Generated } from "kysely";
import { sql } from "kysely";
import type { Cost } from "../canonical/cost.ts";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import { inputTokens, outputTokens, type Usage } from "../canonical/usage.ts";
import { sqliteCompiler } from "../storage/kysely.ts";
import type { Cell } from "../storage/protocol.ts";

/** A row of `entries`. Times in milliseconds since the epoch, durations in microseconds, flags 0 or 1, JSON as text. */
export interface Entry {
  readonly seq: Generated<number>;
  readonly attempt_id: string;
  readonly call_id: string;
  readonly number: number;
  /** void: the attempt never reached the provider. */
  readonly outcome: Outcome;
  readonly key_id: string;
  readonly labels: string | null;
  readonly operation: string;
  readonly caller_wire: string;
  readonly provider: string;
  readonly provider_wire: string;
  readonly relayed: number;
  readonly stream: number;
  readonly requested_model: string;
  readonly upstream_model: string;
  readonly served_model: string | null;
  readonly started_at: number;
  readonly duration_us: number;
  readonly headers_us: number | null;
  readonly first_content_us: number | null;
  readonly terminal: string;
  readonly error_code: string | null;
  readonly status: number | null;
  readonly finish_reason: string | null;
  readonly finish_raw: string | null;
  /** The six buckets are null where the provider sent no usage and nothing was estimated. */
  readonly input_uncached: number | null;
  readonly cache_read: number | null;
  readonly cache_write_5m: number | null;
  readonly cache_write_1h: number | null;
  readonly output_visible: number | null;
  readonly output_reasoning: number | null;
  readonly reported_total: number | null;
  readonly modality: string | null;
  readonly hosted_tool_calls: string | null;
  readonly usage_estimated: number | null;
  readonly usage_anomaly: string | null;
  readonly usage_raw: string | null;
  readonly upstream_request_id: string | null;
  readonly warnings: string | null;
  /** Nano-dollars; null where the price or the usage is not known, which is not nothing. */
  readonly cost_nano: number | null;
  readonly price_version: string | null;
  /** See Cost. */
  readonly cost_exact: number | null;
}

export interface LedgerSchema {
  readonly entries: Entry;
}

export type Outcome = "settled" | "void";

/** The order in which `appendRow` writes a row's cells and the insert statement takes them. */
export const entryColumns = [
  "attempt_id",
  "call_id",
  "number",
  "outcome",
  "key_id",
  "labels",
  "operation",
  "caller_wire",
  "provider",
  "provider_wire",
  "relayed",
  "stream",
  "requested_model",
  "upstream_model",
  "served_model",
  "started_at",
  "duration_us",
  "headers_us",
  "first_content_us",
  "terminal",
  "error_code",
  "status",
  "finish_reason",
  "finish_raw",
  "input_uncached",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output_visible",
  "output_reasoning",
  "reported_total",
  "modality",
  "hosted_tool_calls",
  "usage_estimated",
  "usage_anomaly",
  "usage_raw",
  "upstream_request_id",
  "warnings",
  "cost_nano",
  "price_version",
  "cost_exact",
] as const satisfies readonly (keyof Entry)[];

/** The one insert statement: a row whose attempt is in the ledger already changes nothing, so writing again is harmless. */
export function insertStatement(): string {
  const values = sql`values (${sql.join(entryColumns.map(() => sql.val(null)))})`;
  return sqliteCompiler<LedgerSchema>()
    .insertInto("entries")
    .columns(entryColumns)
    .expression(values)
    .onConflict((conflict) => conflict.column("attempt_id").doNothing())
    .compile().sql;
}

/**
 * Appends an attempt's cells to a flat array, which crosses to the worker at a fraction of the cost of objects.
 *
 * @returns the row's approximate size in bytes
 */
export function appendRow(out: Cell[], start: AttemptStart, end: AttemptEnd, outcome: Outcome, cost?: Cost): number {
  const usage = end.usage;
  const labels = json(start.labels, "{}");
  const raw = usage === undefined ? null : json(usage.raw);
  const warnings = end.warnings.length === 0 ? null : json(end.warnings);
  out.push(
    start.id,
    start.callId,
    start.number,
    outcome,
    start.keyId,
    labels,
    start.operation,
    start.callerWire,
    start.provider,
    start.providerWire,
    start.relayed ? 1 : 0,
    start.stream ? 1 : 0,
    short(start.requestedModel),
    short(start.upstreamModel),
    short(end.servedModel),
    Math.round(start.startedAt),
    // NaN would make SQLite refuse the row.
    Math.round(end.durationMs * 1000) || 0,
    micros(end.headersMs),
    micros(end.firstContentMs),
    end.terminal,
    end.errorCode ?? null,
    end.status ?? null,
    end.finishReason ?? null,
    short(end.finishRaw),
  );
  if (usage === undefined) out.push(null, null, null, null, null, null, null, null, null, null, null);
  else {
    out.push(
      count(usage.inputUncached),
      count(usage.cacheRead),
      count(usage.cacheWrite5m),
      count(usage.cacheWrite1h),
      count(usage.outputVisible),
      count(usage.outputReasoning),
      count(usage.reportedTotal),
      usage.modality === undefined ? null : json(usage.modality, "{}"),
      usage.hostedToolCalls === undefined ? null : json(usage.hostedToolCalls, "{}"),
      usage.estimated === true ? 1 : 0,
      short(usage.anomaly ?? (countable(usage) ? undefined : "a count is not a whole number")),
    );
  }
  out.push(raw, short(end.upstreamRequestId), warnings);
  if (cost === undefined) out.push(null, null, null);
  else out.push(nanoCell(cost.nano), cost.priceVersion, cost.exact ? 1 : 0);
  return 500 + (labels?.length ?? 0) + (raw?.length ?? 0) + (warnings?.length ?? 0);
}

const longestName = 512;
const longestJson = 16_384;

function short(text: string): string;
function short(text: string | undefined): string | null;
function short(text: string | undefined): string | null {
  if (text === undefined) return null;
  return text.length <= longestName ? text : `${text.slice(0, longestName)}…`;
}

/** `empty` is how a value that needs no row space is written. */
function json(value: unknown, empty?: string): string | null {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // Nested deeper than the stack: one provider's nonsense must not cost its row, nor the rows that are grouped with it.
    return '{"omitted":"nested too deep"}';
  }
  if (text === undefined || text === empty) return null;
  return text.length <= longestJson ? text : `{"omitted_bytes":${text.length}}`;
}

/** Nine million dollars fit a double exactly; an attempt that costs more is a mistake, and its cost is not known. */
const nanoCell = (nano: bigint): number | null => (nano <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(nano) : null);

const micros = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms * 1000));

/** A count that is no whole number would make SQLite refuse the row; the raw usage beside it still has what came. */
const count = (value: number | undefined): number | null => (value === undefined || !Number.isSafeInteger(value) ? null : value);

/** A sum has no fraction, and is finite and exact, only if all its parts do (none is negative). */
const countable = (usage: Usage): boolean => Number.isSafeInteger(inputTokens(usage) + outputTokens(usage));
