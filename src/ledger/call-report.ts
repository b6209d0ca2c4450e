import type { Kysely, Selectable } from "kysely";
import type { Warning } from "../canonical/warnings.ts";
import type { Entry, LedgerSchema } from "./entry.ts";

/** What the books say of one attempt of a call. Times in milliseconds; absent where nothing is known. */
export interface CallAttempt {
  readonly number: number;
  /** void: the provider was never reached. */
  readonly outcome: string;
  readonly key: string;
  readonly operation: string;
  readonly callerWire: string;
  readonly provider: string;
  readonly providerWire: string;
  readonly relayed: boolean;
  readonly stream: boolean;
  readonly requestedModel: string;
  readonly upstreamModel: string;
  readonly servedModel?: string | undefined;
  /** Since the epoch. */
  readonly startedAt: number;
  readonly terminal: string;
  readonly errorCode?: string | undefined;
  readonly status?: number | undefined;
  readonly finishReason?: string | undefined;
  readonly finishRaw?: string | undefined;
  readonly usage?: CallUsage | undefined;
  /** Nano-dollars; absent where the price or the usage is not known. */
  readonly costNano?: number | undefined;
  /** False: see Cost. */
  readonly costExact?: boolean | undefined;
  readonly priceVersion?: string | undefined;
  readonly headersMs?: number | undefined;
  readonly firstContentMs?: number | undefined;
  readonly durationMs: number;
  readonly upstreamRequestId?: string | undefined;
  readonly warnings: readonly Warning[];
}

export interface CallUsage {
  readonly inputUncached: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly outputVisible: number;
  readonly outputReasoning: number;
  readonly estimated: boolean;
  readonly anomaly?: string | undefined;
}

/** The attempts of a call, the first one first; none where the ledger does not know the call. `db` must read integers as BigInt. */
export async function callAttempts(db: Kysely<LedgerSchema>, callId: string): Promise<readonly CallAttempt[]> {
  const rows = await db
    .selectFrom("entries")
    .selectAll()
    // An attempt's id is its call's and its number: this range of the unique index holds the call's attempts.
    .where("attempt_id", ">", `${callId}.`)
    .where("attempt_id", "<", `${callId}/`)
    .orderBy("number")
    .execute();
  return rows.map((row) => ({
    number: Number(row.number),
    outcome: row.outcome,
    key: row.key_id,
    operation: row.operation,
    callerWire: row.caller_wire,
    provider: row.provider,
    providerWire: row.provider_wire,
    relayed: Number(row.relayed) === 1,
    stream: Number(row.stream) === 1,
    requestedModel: row.requested_model,
    upstreamModel: row.upstream_model,
    servedModel: row.served_model ?? undefined,
    startedAt: Number(row.started_at),
    terminal: row.terminal,
    errorCode: row.error_code ?? undefined,
    status: count(row.status),
    finishReason: row.finish_reason ?? undefined,
    finishRaw: row.finish_raw ?? undefined,
    usage: usageOf(row),
    costNano: count(row.cost_nano),
    costExact: row.cost_exact === null ? undefined : Number(row.cost_exact) === 1,
    priceVersion: row.price_version ?? undefined,
    headersMs: millis(row.headers_us),
    firstContentMs: millis(row.first_content_us),
    durationMs: millis(row.duration_us) ?? 0,
    upstreamRequestId: row.upstream_request_id ?? undefined,
    warnings: warningsOf(row.warnings),
  }));
}

function usageOf(row: Selectable<Entry>): CallUsage | undefined {
  if (row.input_uncached === null) return undefined;
  return {
    inputUncached: Number(row.input_uncached),
    cacheRead: Number(row.cache_read),
    cacheWrite5m: Number(row.cache_write_5m),
    cacheWrite1h: Number(row.cache_write_1h),
    outputVisible: Number(row.output_visible),
    outputReasoning: Number(row.output_reasoning),
    estimated: Number(row.usage_estimated) === 1,
    anomaly: row.usage_anomaly ?? undefined,
  };
}

const count = (value: number | null): number | undefined => (value === null ? undefined : Number(value));
const millis = (micros: number | null): number | undefined => (micros === null ? undefined : Number(micros) / 1000);

const kinds: readonly string[] = [
  "dropped",
  "approximated",
  "emulated",
  "repaired",
  "ignored",
] satisfies readonly Warning["kind"][];

/** Warnings as they were written; too many to be written whole are told as what was left out. */
function warningsOf(text: string | null): readonly Warning[] {
  if (text === null) return [];
  const written: unknown = JSON.parse(text);
  return Array.isArray(written) ? written.filter(isWarning) : [{ kind: "ignored", code: "warnings_omitted", detail: text }];
}

const isWarning = (value: unknown): value is Warning =>
  typeof value === "object" && value !== null && "kind" in value && kinds.includes(String(value.kind)) && "code" in value;
