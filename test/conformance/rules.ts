import type { Diff } from "./json.ts";
import type { Exchange } from "./loader.ts";

/**
 * A difference that is right as it is. Every rule is narrow, has a reason, prints how often it was needed, and is red when it
 * excuses more than 0.5 % of its cell's cases.
 */
export interface Rule {
  readonly id: string;
  readonly cell: string;
  readonly reason: string;
  /** Which differences it excuses. */
  readonly check: RegExp;
  /** Whose. */
  readonly provider?: string | undefined;
  readonly where?: ((diff: Diff, exchange: Exchange) => boolean) | undefined;
}

export const LIMIT = 0.005;

export const rules: readonly Rule[] = [];

export function excuse(
  cell: string,
  exchange: Exchange,
  diffs: readonly Diff[],
): { readonly left: readonly Diff[]; readonly used: readonly string[] } {
  if (diffs.length === 0) return { left: diffs, used: [] };
  const used = new Set<string>();
  const left = diffs.filter((diff) => {
    const rule = rules.find((one) => applies(one, cell, exchange, diff));
    if (rule) used.add(rule.id);
    return !rule;
  });
  return { left, used: [...used] };
}

function applies(rule: Rule, cell: string, exchange: Exchange, diff: Diff): boolean {
  if (rule.cell !== cell || !rule.check.test(diff.check)) return false;
  if (rule.provider !== undefined && rule.provider !== exchange.provider) return false;
  return rule.where === undefined || rule.where(diff, exchange);
}
