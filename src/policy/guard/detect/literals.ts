import type { Detector, Match } from "./detector.ts";

/**
 * Finds any of many texts in one pass, however many there are: an automaton over the classes of characters that occur in them
 * (Aho and Corasick's), with a row for every character of theirs: the configuration bounds how many there are.
 */
export function literals(texts: readonly string[], kind: string, options: { readonly ignoreCase: boolean }): Detector {
  const fold = options.ignoreCase ? folded : (text: string): string => text;
  const words = [...new Set(texts.map(fold))].filter((word) => word !== "");
  const classes = new Uint16Array(0x10000);
  let width = 1;
  for (const word of words) {
    for (let at = 0; at < word.length; at++) {
      const code = word.charCodeAt(at);
      if (classes[code] === 0) classes[code] = width++;
    }
  }
  if (options.ignoreCase) {
    for (let code = 0; code < 0x10000; code++) {
      const small = folded(String.fromCharCode(code)).charCodeAt(0);
      if (small !== code) classes[code] = classes[small] ?? 0;
    }
  }
  const { next, depth, ends } = automaton(words, classes, width);
  // Most of a text is before the beginning of any.
  const begins = classes.map((one) => (next[one] === 0 ? 0 : 1));
  const step = (state: number, code: number): number => next[state * width + (classes[code] ?? 0)] ?? 0;
  return {
    find(text, from) {
      const found: Match[] = [];
      let state = 0;
      for (let at = from; at < text.length; at++) {
        if (state === 0) {
          while (at < text.length && begins[text.charCodeAt(at)] === 0) at++;
          if (at === text.length) break;
        }
        state = step(state, text.charCodeAt(at));
        const length = ends[state] ?? 0;
        if (length > 0) found.push({ start: at + 1 - length, end: at + 1, kind });
      }
      return found.sort((a, b) => a.start - b.start);
    },
    pending(text) {
      let state = 0;
      for (let at = Math.max(0, text.length - longestOf(words)); at < text.length; at++) state = step(state, text.charCodeAt(at));
      return text.length - (depth[state] ?? 0);
    },
  };
}

/** In small letters, character by character: those whose small form is of another length stay as they are. */
function folded(text: string): string {
  const small = text.toLowerCase();
  if (small.length === text.length) return small;
  return Array.from({ length: text.length }, (_, at) => {
    const one = text.charAt(at).toLowerCase();
    return one.length === 1 ? one : text.charAt(at);
  }).join("");
}

const longestOf = (words: readonly string[]): number => Math.max(0, ...words.map(({ length }) => length));

interface Automaton {
  /** State after a state and a class of character. */
  readonly next: Int32Array;
  /** Of each state: how much of a word it stands for, and the length of the longest word that ends there. */
  readonly depth: Int32Array;
  readonly ends: Int32Array;
}

function automaton(words: readonly string[], classes: Uint16Array, width: number): Automaton {
  const most = words.reduce((sum, { length }) => sum + length, 1);
  const next = new Int32Array(most * width);
  const depth = new Int32Array(most);
  const ends = new Int32Array(most);
  let count = 1;
  for (const word of words) {
    let state = 0;
    for (let at = 0; at < word.length; at++) {
      const edge = state * width + (classes[word.charCodeAt(at)] ?? 0);
      if (next[edge] === 0) {
        next[edge] = count;
        depth[count++] = at + 1;
      }
      state = next[edge] ?? 0;
    }
    ends[state] = Math.max(ends[state] ?? 0, word.length);
  }
  // Breadth first: a state that has no way on takes that of the longest end of it that begins a word.
  const fails = new Int32Array(count);
  const queue: number[] = [];
  for (let one = 1; one < width; one++) if (next[one] !== 0) queue.push(next[one] ?? 0);
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0;
    const fail = fails[state] ?? 0;
    ends[state] = Math.max(ends[state] ?? 0, ends[fail] ?? 0);
    for (let one = 1; one < width; one++) {
      const to = next[state * width + one] ?? 0;
      const other = next[fail * width + one] ?? 0;
      if (to === 0) next[state * width + one] = other;
      else {
        fails[to] = other;
        queue.push(to);
      }
    }
  }
  return { next, depth, ends };
}
