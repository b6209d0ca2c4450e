import type { Migration } from "../storage/migrations.ts";

/**
 * The ledger's schema.
 *
 * `entries` is append-only: one row per attempt, written when the attempt has ended. Rows arrive in the order of their end, so
 * `seq` and `started_at` grow nearly together and all three trees are appended to at their right edge; this holds for the
 * unique index too as long as attempt ids begin with their time (random ids cost three times as much per row).
 *
 * How it will grow:
 * - an intent must be durable before the first upstream byte. It will be a row of a second table, `intents` (attempt_id unique,
 *   started_at, what is held of which budgets), written by the same worker; an intent without an entry of the same attempt_id is
 *   open, and after a crash it is what has to be settled or voided. Entries stay one per attempt, and are never updated.
 * - retention drops whole periods: a period's entries move to a file of its own, by `started_at`, which never changes.
 */
export const ledgerMigrations: readonly Migration[] = [
  {
    number: 1,
    name: "entries",
    tables: { entries: "accounting" },
    statements: [
      `CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        attempt_id TEXT NOT NULL UNIQUE,
        call_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('settled', 'void')),
        key_id TEXT NOT NULL,
        labels TEXT,
        operation TEXT NOT NULL,
        caller_wire TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_wire TEXT NOT NULL,
        relayed INTEGER NOT NULL,
        stream INTEGER NOT NULL,
        requested_model TEXT NOT NULL,
        upstream_model TEXT NOT NULL,
        served_model TEXT,
        started_at INTEGER NOT NULL,
        duration_us INTEGER NOT NULL,
        headers_us INTEGER,
        first_content_us INTEGER,
        terminal TEXT NOT NULL,
        error_code TEXT,
        status INTEGER,
        finish_reason TEXT,
        finish_raw TEXT,
        input_uncached INTEGER,
        cache_read INTEGER,
        cache_write_5m INTEGER,
        cache_write_1h INTEGER,
        output_visible INTEGER,
        output_reasoning INTEGER,
        reported_total INTEGER,
        modality TEXT,
        hosted_tool_calls TEXT,
        usage_estimated INTEGER,
        usage_anomaly TEXT,
        usage_raw TEXT,
        upstream_request_id TEXT,
        warnings TEXT
      ) STRICT`,
      "CREATE INDEX entries_by_start ON entries (started_at)",
    ],
  },
  {
    number: 2,
    name: "cost",
    tables: {},
    statements: [
      "ALTER TABLE entries ADD COLUMN cost_nano INTEGER CHECK (cost_nano >= 0)",
      "ALTER TABLE entries ADD COLUMN price_version TEXT",
      "ALTER TABLE entries ADD COLUMN cost_exact INTEGER",
    ],
  },
];
