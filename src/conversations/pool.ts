import { isDeepStrictEqual } from "node:util";
import { weigh } from "./weigh.ts";

/** A value that is held, by one or several. */
export interface Pooled<V extends object> {
  readonly value: V;
  readonly bytes: number;
  readonly key: string;
  holders: number;
}

/** What each further holder of a value costs. */
const pointer = 16;

/**
 * Holds values once that are alike: of callers who send the whole conversation with each request, what was remembered of the
 * last one is not kept again. Owners share nothing.
 */
export class Pool<V extends object> {
  readonly #byKey = new Map<string, Pooled<V>[]>();
  readonly #label: (value: V) => string;

  /** @param label a short text that differs for most values which differ: only values with the same one are compared */
  constructor(label: (value: V) => string) {
    this.#label = label;
  }

  /** How many different values are held. */
  get size(): number {
    let size = 0;
    for (const found of this.#byKey.values()) size += found.length;
    return size;
  }

  /** Takes hold of the value, or of its like; gives the bytes that this costs, too. */
  hold(owner: string, value: V): { readonly pooled: Pooled<V>; readonly bytes: number } {
    const bytes = weigh(value);
    const key = `${owner} ${bytes} ${this.#label(value)}`;
    const alike = this.#byKey.get(key) ?? [];
    const found = alike.find((one) => one.value === value || isDeepStrictEqual(one.value, value));
    if (found !== undefined) {
      found.holders++;
      return { pooled: found, bytes: pointer };
    }
    const pooled: Pooled<V> = { value, bytes, key, holders: 1 };
    this.#byKey.set(key, [...alike, pooled]);
    return { pooled, bytes: bytes + pointer };
  }

  /** Lets go of it; gives the bytes that are free now. */
  release(pooled: Pooled<V>): number {
    pooled.holders--;
    if (pooled.holders > 0) return pointer;
    const left = (this.#byKey.get(pooled.key) ?? []).filter((one) => one !== pooled);
    if (left.length > 0) this.#byKey.set(pooled.key, left);
    else this.#byKey.delete(pooled.key);
    return pooled.bytes + pointer;
  }
}
