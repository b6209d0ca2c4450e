/** Where in a text something stands, in UTF-16 units; `end` is past its last. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** What it is, e.g. `email`; shown to callers. */
  readonly kind: string;
}

/**
 * Finds one family of things in texts. Pure, compiled once, and linear in the length of the text whatever stands in it: no
 * pattern has one repetition inside another.
 */
export interface Detector {
  /**
   * From `from` on, in order of their beginnings. What stands before only tells whether a word begins there.
   *
   * @param most so many are enough; more may be told, and all of them where it has several kinds
   */
  find(text: string, from: number, most?: number): readonly Match[];
  /**
   * Where the text might go on to a match, or to a longer one, if more came: everything before is settled. `text.length` where
   * nothing can. It depends on the end of the text alone, and a match that is not settled begins no earlier.
   */
  pending(text: string): number;
}

const none: readonly RegExpExecArray[] = [];

/** Every place from `from` on where a pattern (with the flag g) fits. */
export function matchesFrom(text: string, pattern: RegExp, from: number): Iterable<RegExpExecArray> {
  // Nearly always there is none, and this makes nothing.
  if (text.search(pattern) === -1) return none;
  pattern.lastIndex = from;
  const matches = text.matchAll(pattern);
  pattern.lastIndex = 0;
  return matches;
}

/** Where the run of characters of a class that ends the text begins, no further back than `longest`. */
export function tailRun(text: string, inClass: (code: number) => boolean, longest: number): number {
  const least = Math.max(0, text.length - longest);
  let at = text.length;
  while (at > least && inClass(text.charCodeAt(at - 1))) at--;
  return at;
}

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
export const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
export const isWord = (code: number): boolean =>
  isDigit(code) || isUpper(code) || (code >= 0x61 && code <= 0x7a) || code === 0x5f;
