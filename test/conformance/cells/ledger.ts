import type { LedgerRow } from "../../e2e/stack.ts";
import type { Booked } from "../gateway.ts";
import { type Diff, diff } from "../json.ts";
import type { Verdict } from "../judge.ts";
import { excuse } from "../rules.ts";

/** The books after the recordings were played: one row for each answered call, with what the recording says was used. */
export function ledgerVerdicts(booked: readonly Booked[], rows: readonly LedgerRow[]): Verdict[] {
  const byCall = new Map<string, LedgerRow[]>();
  for (const row of rows) byCall.set(row.call_id, [...(byCall.get(row.call_id) ?? []), row]);
  return booked.map((call) => {
    const { wire, provider, id } = call.exchange;
    const diffs = judgeRow(call, byCall.get(call.callId) ?? []);
    const { left, used } = excuse("ledger", call.exchange, diffs);
    return { cell: "ledger", wire, provider, id, diffs: left, rules: used, ms: 0 };
  });
}

function judgeRow({ expected, relayed }: Booked, rows: readonly LedgerRow[]): Diff[] {
  const row = rows[0];
  const how = relayed ? "relayed" : "translated";
  if (!row || rows.length > 1) return [diff(`${how}.rows`, 1, rows.length)];
  const out: Diff[] = [];
  const want = (check: string, due: unknown, got: unknown): void => {
    const plain = typeof got === "bigint" ? Number(got) : got;
    if (due !== plain) out.push(diff(`${how}.${check}`, due, plain));
  };
  const count = (value: unknown): number => Number(value ?? 0);
  want("relayed", relayed ? 1 : 0, row.relayed);
  want("terminal", "finished", row.terminal);
  want("status", 200, row.status);
  if (expected.model) want("model", expected.model, row.served_model);
  const finish = expected.choices[0]?.finish;
  if (finish && expected.choices.length === 1) want("finish", finish, row.finish_reason);
  const { usage } = expected;
  if (!usage) {
    want("usage", null, row.usage_raw);
    return out;
  }
  const cacheWrite = count(row.cache_write_5m) + count(row.cache_write_1h);
  if (usage.odd) {
    const figures = [row.input_uncached, row.cache_read, cacheWrite, row.output_visible, row.output_reasoning];
    want(
      "usage.negative",
      false,
      figures.some((figure) => figure === null || count(figure) < 0),
    );
    return out;
  }
  want("usage.cacheRead", usage.cacheRead, row.cache_read);
  want("usage.cacheWrite", usage.cacheWrite, cacheWrite);
  if (usage.cacheWrite1h !== undefined) want("usage.cacheWrite1h", usage.cacheWrite1h, row.cache_write_1h);
  want("usage.input", usage.input, count(row.input_uncached) + count(row.cache_read) + cacheWrite);
  want("usage.output", usage.output, count(row.output_visible) + count(row.output_reasoning));
  want("usage.reasoning", usage.reasoning, row.output_reasoning);
  want("usage.anomaly", null, row.usage_anomaly);
  return out;
}
