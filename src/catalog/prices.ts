import type { Price, PriceList } from "../canonical/cost.ts";
import { type Dollars, ratesOf } from "../canonical/rates.ts";
import list from "./data/prices.json" with { type: "json" };

interface Entry extends Dollars {
  readonly tiers?: readonly (Dollars & { readonly above: number })[] | undefined;
  readonly disputed?: readonly string[] | undefined;
}

const models: { readonly [provider: string]: { readonly [model: string]: Entry } } = list.models;

/**
 * What a provider asks for its models: the operator's own prices (dollars per million tokens, by model) over the list's.
 * Undefined where neither says anything of it. A fine-tuned OpenAI model (`ft:base:org::id`) costs what the list has for its base.
 */
export function pricesOf(provider: string, own: { readonly [model: string]: Dollars } = {}): PriceList | undefined {
  const listed = Object.hasOwn(models, provider) ? models[provider] : undefined;
  if (listed === undefined && Object.keys(own).length === 0) return undefined;
  const known = new Map<string, Price | undefined>();
  const look = (model: string): Price | undefined => {
    if (Object.hasOwn(own, model)) return priceOf(own[model], "configuration");
    if (listed === undefined) return undefined;
    const tuned = /^(ft:[^:]+):/.exec(model)?.[1];
    for (const name of [model, model.replace(/^models\//, ""), tuned]) {
      if (name !== undefined && Object.hasOwn(listed, name)) return priceOf(listed[name], list.version);
    }
    return undefined;
  };
  return {
    find: (model) => {
      if (known.has(model)) return known.get(model);
      const found = look(model);
      // Names come from callers: only those with a price are remembered.
      if (found !== undefined) known.set(model, found);
      return found;
    },
  };
}

function priceOf(entry: Entry | undefined, version: string): Price | undefined {
  if (entry === undefined) return undefined;
  const tiers = (entry.tiers ?? []).map((tier) => ({ above: tier.above, rates: ratesOf({ ...entry, ...tier }) }));
  return {
    version,
    rates: ratesOf(entry),
    tiers: tiers.sort((a, b) => a.above - b.above),
    disputed: entry.disputed !== undefined,
  };
}
