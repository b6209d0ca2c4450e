import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";
import type { Random } from "../canonical/ports.ts";

const POOL_BYTES = 4096;

/** The machine's randomness. Cryptographic bytes are fetched from it a pool at a time, which costs a fraction per id. */
export function createSystemRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  let used = POOL_BYTES;
  const hex = (count: number): string => {
    if (count > POOL_BYTES) return randomFillSync(Buffer.allocUnsafe(count)).toString("hex");
    if (used + count > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const text = pool.toString("hex", used, used + count);
    pool.fill(0, used, used + count);
    used += count;
    return text;
  };
  return { next: Math.random, hex };
}

export const systemRandom: Random = createSystemRandom();
