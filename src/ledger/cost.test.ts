import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Price, Rates } from "../canonical/cost.ts";
import { picoPerToken } from "../canonical/rates.ts";
import type { Usage } from "../canonical/usage.ts";
import { pricesOf } from "../catalog/prices.ts";
import { costOf } from "./cost.ts";

const none = {
  inputUncached: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  outputVisible: 0,
  outputReasoning: 0,
  raw: null,
} satisfies Usage;

const flat = (rates: Rates): Price => ({ version: "test", rates, tiers: [], disputed: false });

const rate = fc.bigInt({ min: 0n, max: 10n ** 15n });
const rates: fc.Arbitrary<Rates> = fc.record({
  input: rate,
  output: rate,
  cacheRead: fc.option(rate, { nil: undefined }),
  cacheWrite5m: fc.option(rate, { nil: undefined }),
  cacheWrite1h: fc.option(rate, { nil: undefined }),
  inputAudio: fc.option(rate, { nil: undefined }),
  outputAudio: fc.option(rate, { nil: undefined }),
});
const count = fc.oneof(fc.nat(1_000_000), fc.constantFrom(0, 1, 2 ** 31, Number.MAX_SAFE_INTEGER));
const usages: fc.Arbitrary<Usage> = fc.record({
  inputUncached: count,
  cacheRead: count,
  cacheWrite5m: count,
  cacheWrite1h: count,
  outputVisible: count,
  outputReasoning: count,
  modality: fc.option(fc.record({ inputAudio: count, outputAudio: count }), { nil: undefined }),
  raw: fc.constant(null),
});

test("R10: a cost is never negative, and within half a nano-dollar of the sum of its parts", () => {
  fc.assert(
    fc.property(usages, rates, (usage, given) => {
      const cost = costOf(usage, flat(given));
      assert.ok(cost !== undefined);
      assert.ok(cost.nano >= 0n);
      // The bill written apart: token by token, each at its own rate.
      const audioIn = BigInt(Math.min(usage.modality?.inputAudio ?? 0, usage.inputUncached));
      const audioOut = BigInt(Math.min(usage.modality?.outputAudio ?? 0, usage.outputVisible));
      const lines: readonly (readonly [bigint, bigint])[] = [
        [BigInt(usage.inputUncached) - audioIn, given.input],
        [audioIn, given.inputAudio ?? given.input],
        [BigInt(usage.cacheRead), given.cacheRead ?? given.input],
        [BigInt(usage.cacheWrite5m), given.cacheWrite5m ?? given.input],
        [BigInt(usage.cacheWrite1h), given.cacheWrite1h ?? given.cacheWrite5m ?? given.input],
        [BigInt(usage.outputVisible) - audioOut, given.output ?? 0n],
        [audioOut, given.outputAudio ?? given.output ?? 0n],
        [BigInt(usage.outputReasoning), given.output ?? 0n],
      ];
      const pico = lines.reduce((sum, [tokens, each]) => sum + tokens * each, 0n);
      const off = cost.nano * 1000n - pico;
      assert.ok(off > -500n && off <= 500n, `${cost.nano} for ${pico}`);
      return true;
    }),
    { numRuns: 5000 },
  );
});

test("R10: counts that are none cost nothing known", () => {
  for (const count of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.equal(costOf({ ...none, inputUncached: count }, flat({ input: 1n, output: 1n })), undefined, String(count));
  }
});

test("output without a price is not given away", () => {
  assert.equal(costOf({ ...none, outputVisible: 1 }, flat({ input: 1n })), undefined);
  assert.equal(costOf({ ...none, inputUncached: 2_000_000 }, flat({ input: 20_000n }))?.nano, 40_000_000n);
});

test("more input tokens than a tier begins above cost that tier's rates, all of them", () => {
  const price = pricesOf("anthropic")?.find("claude-sonnet-4-5");
  assert.ok(price !== undefined);
  // Published: $3 and $15 per million up to 200,000 input tokens, $6 and $22.50 past them.
  const at = (inputUncached: number) => costOf({ ...none, inputUncached, outputVisible: 1000 }, price);
  assert.equal(at(200_000)?.nano, 615_000_000n);
  assert.equal(at(200_001)?.nano, 1_222_506_000n);
});

test("what is not certain says so", () => {
  const price = flat({ input: 1n, output: 1n, cacheRead: 1n });
  const exact = (usage: Partial<Usage>, of = price): boolean | undefined => costOf({ ...none, ...usage }, of)?.exact;
  assert.equal(exact({ inputUncached: 5, cacheRead: 5 }), true);
  assert.equal(exact({ cacheWrite5m: 1 }), false, "no rate of its own");
  assert.equal(exact({ estimated: true }), false);
  assert.equal(exact({ anomaly: "does not add up" }), false);
  assert.equal(exact({ hostedToolCalls: { web_search: 1 } }), false);
  assert.equal(exact({}, { ...price, disputed: true }), false);
});

test("prices are read to their last digit", () => {
  assert.equal(picoPerToken("0.0375"), 37_500n);
  assert.equal(picoPerToken("15"), 15_000_000n);
  assert.equal(picoPerToken("0.000001"), 1n);
  for (const wrong of ["", "-1", "1e3", "0.0000001", ".5", "1.", "NaN", "0x1"])
    assert.throws(() => picoPerToken(wrong), RangeError);
});

test("a name of a caller's making has no price, whatever it is called", () => {
  const list = pricesOf("openai");
  for (const name of ["constructor", "__proto__", "toString", "", "gpt"]) assert.equal(list?.find(name), undefined);
  assert.equal(pricesOf("constructor"), undefined);
  assert.equal(pricesOf("mine"), undefined);
  assert.equal(pricesOf("mine", { m: { input: "1" } })?.find("m")?.rates.input, 1_000_000n);
});
