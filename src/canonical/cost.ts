/*
 * Money is integers: prices in pico-dollars per token (one dollar per million tokens = 1,000,000 of them), what a call cost in
 * nano-dollars.
 */

/** Of one token of each bucket of `Usage`. A bucket without a price of its own is charged as the one named beside it, and the cost is then no exact one. */
export interface Rates {
  readonly input: bigint;
  /** Else as `input`. */
  readonly cacheRead?: bigint | undefined;
  /** Else as `input`. */
  readonly cacheWrite5m?: bigint | undefined;
  /** Else as `cacheWrite5m`. */
  readonly cacheWrite1h?: bigint | undefined;
  /** Absent for what gives no tokens, embeddings for one. */
  readonly output?: bigint | undefined;
  readonly inputAudio?: bigint | undefined;
  readonly outputAudio?: bigint | undefined;
}

/** What a model's tokens cost. */
export interface Price {
  /** Which state of which list it stands in; kept with every entry. */
  readonly version: string;
  readonly rates: Rates;
  /** Calls with more input tokens than `above` cost this, all their tokens; in ascending order. */
  readonly tiers: readonly { readonly above: number; readonly rates: Rates }[];
  /** The sources disagree. */
  readonly disputed: boolean;
}

/** The prices of one provider. */
export interface PriceList {
  /** Undefined: the price is not known, which is not nothing. */
  find(model: string): Price | undefined;
}

/** What an attempt cost. */
export interface Cost {
  /** Nano-dollars, never negative. */
  readonly nano: bigint;
  readonly priceVersion: string;
  /** False: the counts are an estimate or contradict each other, or a price is disputed, or one was missing and a neighbour's taken. */
  readonly exact: boolean;
}

/** Nano-dollars as dollars, with all their digits but trailing zeros past cents: `0.000123`, `1.50`. */
export function formatDollars(nano: bigint): string {
  const sign = nano < 0n ? "-" : "";
  const digits = (nano < 0n ? -nano : nano).toString().padStart(10, "0");
  const cents = digits.slice(-9).replace(/0{1,7}$/, "");
  return `${sign}${digits.slice(0, -9)}.${cents}`;
}
