import { type Kysely, sql } from "kysely";
import type { LedgerSchema } from "./entry.ts";

/** What is summed up together; after `label:` the name of a label. */
export type ReportBy = "model" | "provider" | "key" | `label:${string}`;

/** Entries that began at or after `sinceMs` and before `untilMs`, milliseconds since the epoch. */
export interface ReportWindow {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Sums are BigInt: they are exact whatever they grow to.. */
export interface UsageSums {
  /** Calls with at least one attempt here; a call that fell back counts once in each group it touched. */
  readonly calls: bigint;
  readonly attempts: bigint;
  /** Attempts that ended in an error or were truncated. */
  readonly errors: bigint;
  readonly cancelled: bigint;
  readonly inputUncached: bigint;
  readonly cacheRead: bigint;
  readonly cacheWrite: bigint;
  readonly outputVisible: bigint;
  readonly outputReasoning: bigint;
  /** Attempts whose counts are our estimate. */
  readonly estimated: bigint;
  /**
   * Attempts that gave content, or ended well, and of which no usage is known: their tokens are missing from the sums. Counting
   * tokens and looking at stored answers uses none.
   */
  readonly withoutUsage: bigint;
  /** Nano-dollars, of the attempts whose cost is known. */
  readonly costNano: bigint;
  /** Attempts with usage whose price is not known: what they cost is missing from the sum. */
  readonly withoutPrice: bigint;
}

export interface UsageLine extends UsageSums {
  /** Absent when grouped by key. */
  readonly provider?: string | undefined;
  /** The model that served; the one that was asked for where the provider did not say. */
  readonly model?: string | undefined;
  readonly key?: string | undefined;
  /** When grouped by a label: its value; null where calls have none. */
  readonly label?: string | null | undefined;
}

export interface UsageReport {
  /** Most tokens first. */
  readonly lines: readonly UsageLine[];
  readonly total: UsageSums;
}

/** What was used within the window. `db` must read integers as BigInt. */
export async function usageReport(db: Kysely<LedgerSchema>, window: ReportWindow, by: ReportBy): Promise<UsageReport> {
  const sums = db
    .selectFrom("entries")
    .where("started_at", ">=", window.sinceMs)
    .where("started_at", "<", window.untilMs)
    .select((eb) => [eb.fn.count<bigint>("call_id").distinct().as("calls"), eb.fn.countAll<bigint>().as("attempts")])
    .select([
      whole(sql`terminal in ('error', 'truncated')`).as("errors"),
      whole(sql`terminal = 'cancelled'`).as("cancelled"),
      whole(sql`input_uncached`).as("inputUncached"),
      whole(sql`cache_read`).as("cacheRead"),
      whole(sql`cache_write_5m + cache_write_1h`).as("cacheWrite"),
      whole(sql`output_visible`).as("outputVisible"),
      whole(sql`output_reasoning`).as("outputReasoning"),
      whole(sql`usage_estimated`).as("estimated"),
      whole(
        sql`input_uncached is null and operation in ('chat', 'embed')
          and (first_content_us is not null or terminal in ('finished', 'limited'))`,
      ).as("withoutUsage"),
      whole(sql`cost_nano`).as("costNano"),
      whole(
        sql`cost_nano is null and input_uncached + cache_read + cache_write_5m + cache_write_1h + output_visible + output_reasoning > 0`,
      ).as("withoutPrice"),
    ]);
  const ordered = sums
    .orderBy(sql`sum(input_uncached + cache_read + cache_write_5m + cache_write_1h + output_visible + output_reasoning)`, "desc")
    .orderBy(sql`sum(cost_nano)`, "desc");
  const model = sql<string>`coalesce(served_model, upstream_model)`;
  const total = await sums.executeTakeFirstOrThrow();
  switch (by) {
    case "model":
      return {
        lines: await ordered
          .select(["provider", model.as("model")])
          .groupBy(["provider", model])
          .execute(),
        total,
      };
    case "provider":
      return { lines: await ordered.select("provider").groupBy("provider").execute(), total };
    case "key":
      return { lines: await ordered.select("key_id as key").groupBy("key_id").execute(), total };
    default: {
      const value = sql<string | null>`(select value from json_each(labels) where key = ${by.slice("label:".length)})`;
      return { lines: await ordered.select(value.as("label")).groupBy(value).execute(), total };
    }
  }
}

const whole = (of: ReturnType<typeof sql>) => sql<bigint>`coalesce(sum(${of}), 0)`;
