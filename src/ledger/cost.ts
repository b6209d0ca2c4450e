import type { Cost, Price, Rates } from "../canonical/cost.ts";
import { inputTokens, type Usage } from "../canonical/usage.ts";

/**
 * What an attempt's tokens cost: the sum of each bucket's count times its rate, computed in whole pico-dollars and rounded once,
 * half up, to nano-dollars. Undefined where a count is no whole number or a bucket that was used has no rate at all.
 */
export function costOf(usage: Usage, price: Price): Cost | undefined {
  const counts = [
    usage.inputUncached,
    usage.cacheRead,
    usage.cacheWrite5m,
    usage.cacheWrite1h,
    usage.outputVisible,
    usage.outputReasoning,
  ];
  if (!counts.every(isCount)) return undefined;
  const rates = tierOf(price, inputTokens(usage));
  const output = BigInt(usage.outputVisible) + BigInt(usage.outputReasoning);
  if (output > 0n && rates.output === undefined) return undefined;
  const { cacheRead = rates.input, cacheWrite5m = rates.input, cacheWrite1h = cacheWrite5m, output: perOutput = 0n } = rates;
  // Audio is counted among the tokens above; what it costs more (or less) than text is added.
  const audioIn = heard(usage.modality?.inputAudio, usage.inputUncached);
  const audioOut = heard(usage.modality?.outputAudio, usage.outputVisible);
  const pico =
    BigInt(usage.inputUncached) * rates.input +
    BigInt(usage.cacheRead) * cacheRead +
    BigInt(usage.cacheWrite5m) * cacheWrite5m +
    BigInt(usage.cacheWrite1h) * cacheWrite1h +
    output * perOutput +
    audioIn * ((rates.inputAudio ?? rates.input) - rates.input) +
    audioOut * ((rates.outputAudio ?? perOutput) - perOutput);
  return {
    nano: (pico + 500n) / 1000n,
    priceVersion: price.version,
    exact:
      !price.disputed &&
      usage.estimated !== true &&
      usage.anomaly === undefined &&
      allPriced(usage, rates) &&
      Object.values(usage.hostedToolCalls ?? {}).every((calls) => calls === 0),
  };
}

const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;

const heard = (count: number | undefined, of: number): bigint =>
  count === undefined || !isCount(count) ? 0n : BigInt(Math.min(count, of));

function tierOf({ rates, tiers }: Price, input: number): Rates {
  let found = rates;
  for (const tier of tiers) if (input > tier.above) found = tier.rates;
  return found;
}

/** Whether every bucket that was used has a rate of its own. */
function allPriced({ cacheRead, cacheWrite5m, cacheWrite1h, modality }: Usage, rates: Rates): boolean {
  const used = (count: number | undefined): boolean => count !== undefined && count > 0;
  return !(
    (used(cacheRead) && rates.cacheRead === undefined) ||
    (used(cacheWrite5m) && rates.cacheWrite5m === undefined) ||
    (used(cacheWrite1h) && rates.cacheWrite1h === undefined) ||
    (used(modality?.inputAudio) && rates.inputAudio === undefined) ||
    (used(modality?.outputAudio) && rates.outputAudio === undefined) ||
    used(modality?.outputImage)
  );
}
