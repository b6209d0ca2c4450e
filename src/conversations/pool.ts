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
  readonly #byKey = new Map<string, Set<Pooled<V>>>();
  readonly #label: (value: V) => string;

  /** @param label a short text that differs for most values which differ: only values with the same one are compared */
  constructor(label: (value: V) => string) {
    this.#label = label;
  }

  /** How many different values are held. */
  get size(): number {
    let size = 0;
    for (const found of this.#byKey.values()) size += found.size;
    return size;
  }

  /** Takes hold of the value, or of its like; gives the bytes that this costs, too. */
  hold(owner: string, value: V): { readonly pooled: Pooled<V>; readonly bytes: number } {
    const bytes = weigh(value);
    const key = `${owner} ${bytes} ${this.#label(value)}`;
    const alike = this.#byKey.get(key);
    const found = alike && among(alike, value);
    if (found !== undefined) {
      found.holders++;
      return { pooled: found, bytes: pointer };
    }
    const pooled: Pooled<V> = { value, bytes, key, holders: 1 };
    if (alike === undefined) this.#byKey.set(key, new Set([pooled]));
    else alike.add(pooled);
    return { pooled, bytes: bytes + pointer };
  }

  /** Lets go of it; gives the bytes that are free now. */
  release(pooled: Pooled<V>): number {
    pooled.holders--;
    if (pooled.holders > 0) return pointer;
    const alike = this.#byKey.get(pooled.key);
    if (alike?.delete(pooled) && alike.size === 0) this.#byKey.delete(pooled.key);
    return pooled.bytes + pointer;
  }
}

/** So many values of one label are compared: whoever makes theirs look alike pays with memory of their own, not with our time. */
const mostCompared = 8;

function among<V extends object>(alike: Iterable<Pooled<V>>, value: V): Pooled<V> | undefined {
  let compared = 0;
  for (const one of alike) {
    if (one.value === value || isDeepStrictEqual(one.value, value)) return one;
    compared++;
    if (compared >= mostCompared) return undefined;
  }
  return undefined;
}
