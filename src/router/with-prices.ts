import type { Dollars } from "../canonical/rates.ts";
import { pricesOf } from "../catalog/prices.ts";
import type { ConfiguredProvider } from "../providers/index.ts";

/** The providers with what their models cost: the operator's own prices, by provider and model, over the catalogue's. */
export function withPrices(
  providers: ReadonlyMap<string, ConfiguredProvider>,
  own: ReadonlyMap<string, { readonly [model: string]: Dollars }>,
): ReadonlyMap<string, ConfiguredProvider> {
  return new Map([...providers].map(([name, provider]) => [name, { ...provider, prices: pricesOf(name, own.get(name)) }]));
}
