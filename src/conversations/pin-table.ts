import type { Migration } from "../storage/migrations.ts";

/** Providers keep answers for 30 days. */
const keptForMs = 31 * 24 * 3_600_000;
const mostRows = 10_000_000;

/**
 * `pins`: which deployment keeps which answer, for whom. A deleted answer's provider is empty. Rows fade by themselves: every
 * 128th new row takes the oldest away that are past their time, or past the most that are kept. Losing one costs little: its
 * answer is then looked for where an unknown one is.
 */
export const pinMigrations: readonly Migration[] = [
  {
    number: 1,
    name: "pins",
    tables: { pins: "derived" },
    statements: [
      `CREATE TABLE pins (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        owner TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        booked INTEGER NOT NULL,
        pinned_at INTEGER NOT NULL,
        UNIQUE (id, owner)
      ) STRICT`,
      `CREATE TRIGGER pins_fade AFTER INSERT ON pins WHEN NEW.seq % 128 = 0 BEGIN
        DELETE FROM pins WHERE seq IN (SELECT seq FROM pins ORDER BY seq LIMIT 256)
          AND (pinned_at < NEW.pinned_at - ${keptForMs} OR seq <= NEW.seq - ${mostRows});
      END`,
    ],
  },
];

export const pinColumns = ["id", "owner", "provider", "model", "booked", "pinned_at"] as const;

/** Writing an answer's row again changes it. */
export const pinStatement = `INSERT INTO pins (${pinColumns.join(", ")}) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (id, owner) DO UPDATE SET provider = excluded.provider, model = excluded.model, booked = excluded.booked`;

export const pinQuery = "SELECT owner, provider, model, booked FROM pins WHERE id = ?";
