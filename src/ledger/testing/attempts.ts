import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AttemptEnd, AttemptStart, Clock } from "../../canonical/ports.ts";
import { openSqlite } from "../../storage/sqlite.ts";
import { ledgerFile } from "../open.ts";

/** The real clock: these tests run real threads and processes, which no fake one can hurry. */
export const realClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

export function attemptStart(index: number, over: Partial<AttemptStart> = {}): AttemptStart {
  const callId = `call_${index.toString(16).padStart(12, "0")}`;
  return {
    id: `${callId}.1`,
    callId,
    number: 1,
    keyId: "dev",
    labels: {},
    operation: "chat",
    callerWire: "openai-chat",
    provider: "openai",
    providerWire: "openai-chat",
    relayed: true,
    stream: true,
    requestedModel: "openai/gpt",
    upstreamModel: "gpt",
    startedAt: 1_700_000_000_000 + index,
    ...over,
  };
}

export function attemptEnd(over: Partial<AttemptEnd> = {}): AttemptEnd {
  return {
    terminal: "finished",
    status: 200,
    servedModel: "gpt-1",
    finishReason: "stop",
    finishRaw: "stop",
    usage: {
      inputUncached: 10,
      cacheRead: 3,
      cacheWrite5m: 2,
      cacheWrite1h: 1,
      outputVisible: 5,
      outputReasoning: 4,
      raw: { prompt_tokens: 16, completion_tokens: 9 },
    },
    durationMs: 12.5,
    warnings: [],
    ...over,
  };
}

/** A data directory of its own. */
export function temporaryDirectory(): { readonly dataDir: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), "polygate-ledger-"));
  return { dataDir: join(root, "data"), remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** The ledger's rows, read by a connection of their own. */
export function readEntries(dataDir: string): readonly Readonly<Record<string, unknown>>[] {
  const db = openSqlite(ledgerFile(dataDir), { readOnly: true });
  try {
    return db.prepare("SELECT * FROM entries ORDER BY seq").all();
  } finally {
    db.close();
  }
}

/** How many rows there are, how many different attempts, and what SQLite says of the file. */
export function examine(dataDir: string): { readonly rows: number; readonly attempts: number; readonly integrity: unknown } {
  const db = openSqlite(ledgerFile(dataDir));
  try {
    const counts = db.prepare("SELECT count(*) AS rows, count(DISTINCT attempt_id) AS attempts FROM entries").get();
    const integrity = db.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
    return { rows: Number(counts?.["rows"]), attempts: Number(counts?.["attempts"]), integrity };
  } finally {
    db.close();
  }
}
