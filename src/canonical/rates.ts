import type { Rates } from "./cost.ts";

/** Dollars per million tokens, as price lists and the configuration write them. */
export interface Dollars {
  readonly input: string;
  readonly output?: string | undefined;
  readonly cache_read?: string | undefined;
  readonly cache_write_5m?: string | undefined;
  readonly cache_write_1h?: string | undefined;
  readonly input_audio?: string | undefined;
  readonly output_audio?: string | undefined;
}

/** What a price in dollars per million tokens may look like: six decimals are whole pico-dollars per token. */
export const dollarsPattern = /^\d{1,9}(?:\.\d{1,6})?$/;

/** Dollars per million tokens → pico-dollars per token, exactly. Throws RangeError for what is no such price. */
export function picoPerToken(dollars: string): bigint {
  if (!dollarsPattern.test(dollars)) throw new RangeError(`${dollars} is no price in dollars per million tokens`);
  const [whole = "0", fraction = ""] = dollars.split(".");
  return BigInt(whole + fraction.padEnd(6, "0"));
}

export function ratesOf(dollars: Dollars): Rates {
  const rate = (given: string | undefined): bigint | undefined => (given === undefined ? undefined : picoPerToken(given));
  return {
    input: picoPerToken(dollars.input),
    output: rate(dollars.output),
    cacheRead: rate(dollars.cache_read),
    cacheWrite5m: rate(dollars.cache_write_5m),
    cacheWrite1h: rate(dollars.cache_write_1h),
    inputAudio: rate(dollars.input_audio),
    outputAudio: rate(dollars.output_audio),
  };
}
