import assert from "node:assert/strict";
import type { Entry, Journal } from "../../../src/simulator/index.ts";
import type { Driver, Finish, Place, WireName } from "./driver.ts";
import { providerOf, type Row, type Upstreams } from "./upstreams.ts";
import { assertExpected } from "./warnings.ts";

/** `itself`: the upstream that speaks the SDK's own wire, without a gateway. It proves the driver and the simulator. */
export const columns = ["itself", "openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;
export type Column = (typeof columns)[number];

/** What a check is given. */
export interface Context {
  readonly driver: Driver;
  /** The wire that the upstream speaks. */
  readonly upstream: WireName;
  readonly throughGateway: boolean;
  readonly place: Place;
  readonly journal: Journal;
  /** How the model is named at `place`. */
  model(name: string): string;
  /** The requests that the upstream has received since the check began. */
  received(): readonly Entry[];
  /** The ledger's rows since the check began; none without a gateway. */
  rows(): Promise<readonly Row[]>;
}

/** What is demonstrated of a driver in front of an upstream. Rejects where it does not hold. */
export interface Check {
  readonly name: string;
  run(context: Context): Promise<void>;
  /** The upstream refuses, breaks off, or is left: its findings and rows are the check's own affair. */
  readonly breaks?: boolean | undefined;
}

/** Runs a check, and what holds of every check besides. */
export async function demonstrate(upstreams: Upstreams, driver: Driver, column: Column, check: Check): Promise<void> {
  const throughGateway = column !== "itself";
  const upstream = throughGateway ? column : driver.wire;
  const { place, journal } = throughGateway ? upstreams.gateway : upstreams.itself;
  const number = journal.received;
  const received = (): readonly Entry[] => journal.entries.filter((entry) => entry.number > number && entry.wire === upstream);
  const seq = throughGateway ? await upstreams.lastRow(upstream) : 0;
  const rows = async (): Promise<readonly Row[]> => (throughGateway ? upstreams.rows(upstream, seq) : []);
  const model = (name: string): string => (throughGateway ? `${providerOf(upstream)}/${name}` : name);
  await check.run({ driver, upstream, throughGateway, place, journal, model, received, rows });
  const written = await rows();
  if (check.breaks !== true) {
    const findings = received().flatMap(({ errors }) => errors);
    assert.deepEqual(findings, [], "the upstream finds no fault with what it was sent");
    if (throughGateway) assertSettled(received(), written);
  }
  assertExpected(driver.wire, upstream, check.name, written);
  assert.deepEqual(upstreams.troubles, []);
}

/** Every request has its row, settled with what the upstream would have billed. */
function assertSettled(entries: readonly Entry[], rows: readonly Row[]): void {
  const billed = entries.map(({ bill }) => ({
    outcome: "settled",
    terminal: "finished",
    input: bill && bill.input.uncached + bill.input.cacheRead + bill.input.cacheWrite5m + bill.input.cacheWrite1h,
    output: bill?.outputTokens,
    anomaly: null,
  }));
  const written = rows.map((row) => ({
    outcome: row.outcome,
    terminal: row.terminal,
    input: Number(row.input_uncached) + Number(row.cache_read) + Number(row.cache_write_5m) + Number(row.cache_write_1h),
    output: Number(row.output_visible) + Number(row.output_reasoning),
    anomaly: row.usage_anomaly,
  }));
  assert.deepEqual(written, billed, "the ledger's rows are what the upstream billed");
}

/** Why an answer ended, in the SDK's words. */
export function assertFinish({ driver }: Context, finish: string | undefined, wanted: Finish): void {
  assert.equal(finish, driver.finishes[wanted], "why it ended");
}
