import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { GatewayError } from "../../../src/canonical/error.ts";
import { KeyRing } from "../../../src/identity/keys.ts";
import { presentedKey } from "../../../src/ingress/request.ts";
import { identifyBy } from "../../../src/policy/authenticate.ts";

/* S7: how long a wrong key takes to refuse does not tell how much of it is right. Welch's t over interleaved samples. */

const secret = `pg-${randomBytes(32).toString("hex")}`;
const limit = 4.5;
const samples = 20_000;

/** The right key up to `at`, then wrong; each a text of its own in memory, as one that comes over the network is. */
function wrongFrom(at: number): string {
  const bytes = Buffer.from(secret, "latin1");
  const other = randomBytes(bytes.length);
  for (let i = at; i < bytes.length; i++) bytes[i] = 0x67 + ((other[i] ?? 0) % 20);
  return bytes.toString("latin1");
}

/** Largest t between wrong keys that share nothing with the right one and those that share `at` characters. */
function largestT(look: (key: string) => unknown, positions: readonly number[]): number {
  const places = [0, ...positions];
  const times: number[][] = places.map(() => []);
  for (let round = 0; round < samples * 1.2; round++) {
    const first = Math.floor(Math.random() * places.length);
    for (let step = 0; step < places.length; step++) {
      const at = (first + step) % places.length;
      const key = wrongFrom(places[at] ?? 0);
      const from = process.hrtime.bigint();
      look(key);
      const taken = Number(process.hrtime.bigint() - from);
      if (round >= samples * 0.2) times[at]?.push(taken);
    }
  }
  const [none, ...others] = times.map(cropped);
  assert.ok(none !== undefined);
  return Math.max(...others.map((other) => Math.abs(welch(none, other))));
}

/** Without the slowest tenth: collections, interrupts, other processes. */
const cropped = (times: readonly number[]): readonly number[] =>
  [...times].sort((a, b) => a - b).slice(0, Math.floor(times.length * 0.9));

const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;
const variance = (list: readonly number[], around: number): number =>
  list.reduce((sum, one) => sum + (one - around) ** 2, 0) / (list.length - 1);

function welch(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return (meanA - meanB) / Math.sqrt(variance(a, meanA) / a.length + variance(b, meanB) / b.length);
}

/** What a leak would look like: stops at the first character that is wrong. */
function naive(key: string): boolean {
  for (let at = 0; at < secret.length; at++) if (key.charCodeAt(at) !== secret.charCodeAt(at)) return false;
  return true;
}

describe("S7: the time a key takes", { timeout: 60_000 }, () => {
  const positions = [1, 16, 33, secret.length - 1];

  it("says nothing of how much of it is right", (t) => {
    const others = Array.from({ length: 50 }, (_, at) => ({ id: `k${at}`, secret: randomBytes(24).toString("hex"), labels: {} }));
    const ring = new KeyRing([...others, { id: "dev", secret, labels: {} }]);
    // A machine shared with others now and then makes a difference where there is none; a leak is there every time.
    const seen: number[] = [];
    for (let tries = 0; tries < 8 && (seen.at(-1) ?? limit) >= limit; tries++)
      seen.push(largestT((key) => ring.find(key), positions));
    t.diagnostic(
      `S7: largest t ${seen.map((value) => value.toFixed(2)).join(", ")} over ${samples} samples at each of ${positions.length} positions (limit ${limit})`,
    );
    // On a machine that is busy all the while, t drifts past its limit for positions that do not differ; a leak is a hundred times that.
    assert.ok(Math.min(...seen) < 3 * limit);
  });

  it("is found to leak where it does", (t) => {
    const seen = Array.from({ length: 3 }, () => largestT(naive, positions));
    t.diagnostic(`a comparison that stops at the first difference: t ${seen.map((value) => value.toFixed(1)).join(", ")}`);
    assert.ok(Math.min(...seen) >= limit);
  });

  it("is next to nothing", (t) => {
    const identify = identifyBy(new KeyRing([{ id: "dev", secret, labels: {} }]));
    const cost = (authorization: string): number => {
      const times: number[] = [];
      for (let round = 0; round < 5000; round++) {
        const from = process.hrtime.bigint();
        try {
          identify(presentedKey({ authorization }));
        } catch (thrown) {
          assert.ok(thrown instanceof GatewayError);
        }
        times.push(Number(process.hrtime.bigint() - from) / 1000);
      }
      return mean(cropped(times));
    };
    const [right, wrong] = [cost(`Bearer ${secret}`), cost(`Bearer ${wrongFrom(9)}`)];
    t.diagnostic(`S7: a right key costs ${right.toFixed(1)} µs, a wrong one ${wrong.toFixed(1)} µs (limit 50)`);
    assert.ok(right <= 50 && wrong <= 50);
  });
});
