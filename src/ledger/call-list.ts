import { type Kysely, type Selectable, sql } from "kysely";
import type { Entry, LedgerSchema } from "./entry.ts";

/** Which calls, or attempts, are wanted; what is absent does not matter. */
export interface CallFilter {
  /** Began at or after; milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  readonly key?: string | undefined;
  /** A part of the model's name, as it was asked for or as it served, in any case of letters. */
  readonly model?: string | undefined;
  /** Only those that ended in an error or were truncated. */
  readonly errors?: boolean | undefined;
}

/** One line about an attempt; of a list of calls, each call's last one. Times in milliseconds. */
export interface CallLine {
  /** Grows with every attempt that is booked. */
  readonly seq: number;
  readonly callId: string;
  /** 1 for the call's first attempt. */
  readonly attempt: number;
  /** Since the epoch. */
  readonly startedAt: number;
  readonly key: string;
  readonly operation: string;
  readonly provider: string;
  /** The one that served, else the one that was asked for. */
  readonly model: string;
  readonly stream: boolean;
  readonly terminal: string;
  readonly errorCode?: string | undefined;
  readonly status?: number | undefined;
  readonly finishReason?: string | undefined;
  /** All tokens in and out; absent where no usage is known. */
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** Nano-dollars; absent where it is not known. */
  readonly costNano?: number | undefined;
  readonly durationMs: number;
}

/** The latest calls, the newest first, each by its last attempt. `db` must read integers as BigInt. */
export async function latestCalls(db: Kysely<LedgerSchema>, filter: CallFilter, limit: number): Promise<readonly CallLine[]> {
  const rows = await filtered(db, filter)
    // The range of the unique index that holds the call's attempts.
    .where(
      sql<boolean>`not exists (select 1 from entries as later where later.attempt_id > entries.call_id || '.'
        and later.attempt_id < entries.call_id || '/' and later.number > entries.number)`,
    )
    .orderBy("seq", "desc")
    .limit(limit)
    .execute();
  return rows.map(lineOf);
}

/** Attempts that were booked after one and not after another, in their order, so many at most. */
export async function attemptsAfter(
  db: Kysely<LedgerSchema>,
  { after, until }: { readonly after: number; readonly until: number },
  filter: CallFilter,
  limit: number,
): Promise<readonly CallLine[]> {
  const booked = filtered(db, filter).where("seq", ">", after).where("seq", "<=", until);
  return (await booked.orderBy("seq").limit(limit).execute()).map(lineOf);
}

/** The latest attempts up to that of number `until`, in their order. */
export async function latestAttempts(
  db: Kysely<LedgerSchema>,
  until: number,
  filter: CallFilter,
  limit: number,
): Promise<readonly CallLine[]> {
  const booked = filtered(db, filter).where("seq", "<=", until);
  return (await booked.orderBy("seq", "desc").limit(limit).execute()).map(lineOf).reverse();
}

/** The number of the latest attempt that is booked; 0 where there is none. */
export async function lastSeq(db: Kysely<LedgerSchema>): Promise<number> {
  const row = await db
    .selectFrom("entries")
    .select((eb) => eb.fn.max("seq").as("seq"))
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

function filtered(db: Kysely<LedgerSchema>, { sinceMs, key, model, errors }: CallFilter) {
  const like = model === undefined ? undefined : `%${model.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return db
    .selectFrom("entries")
    .selectAll()
    .$if(sinceMs !== undefined, (query) => query.where("started_at", ">=", sinceMs ?? 0))
    .$if(key !== undefined, (query) => query.where("key_id", "=", key ?? ""))
    .$if(errors === true, (query) => query.where("terminal", "in", ["error", "truncated"]))
    .$if(like !== undefined, (query) =>
      query.where(
        sql<boolean>`(requested_model like ${like} escape '\\' or coalesce(served_model, upstream_model) like ${like} escape '\\')`,
      ),
    );
}

function lineOf(row: Selectable<Entry>): CallLine {
  const sum = (...counts: readonly (number | null)[]): number | undefined =>
    row.input_uncached === null ? undefined : counts.reduce<number>((total, count) => total + Number(count ?? 0), 0);
  return {
    seq: Number(row.seq),
    callId: row.call_id,
    attempt: Number(row.number),
    startedAt: Number(row.started_at),
    key: row.key_id,
    operation: row.operation,
    provider: row.provider,
    model: row.served_model ?? row.upstream_model,
    stream: Number(row.stream) === 1,
    terminal: row.terminal,
    errorCode: row.error_code ?? undefined,
    status: row.status === null ? undefined : Number(row.status),
    finishReason: row.finish_reason ?? undefined,
    input: sum(row.input_uncached, row.cache_read, row.cache_write_5m, row.cache_write_1h),
    output: sum(row.output_visible, row.output_reasoning),
    costNano: row.cost_nano === null ? undefined : Number(row.cost_nano),
    durationMs: Number(row.duration_us) / 1000,
  };
}
