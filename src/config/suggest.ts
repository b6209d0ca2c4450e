import { distance } from "../canonical/distance.ts";

/** The one of `known` that `word` was probably meant to be; none where nothing is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = normalise(word);
  let best: string | undefined;
  let limit = Math.max(1, Math.floor(word.length / 3));
  for (const candidate of known) {
    const far = distance(wanted, normalise(candidate), limit);
    if (far > limit) continue;
    best = candidate;
    limit = far - 1;
  }
  return best;
}

/** The end of a sentence: `; did you mean "base_url"?`, or only its full stop. */
export const closing = (word: string, known: Iterable<string>): string => suggestion(word, known) || ".";

/** `; did you mean "base_url"?` or nothing. */
export function suggestion(word: string, known: Iterable<string>): string {
  const near = nearest(word, known);
  return near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
}

/** Writing baseURL, base-url or base_url is not a misspelling, only another habit. */
const normalise = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, "");
