import type { Finding, Scanner } from "./scanner.ts";
import type { OnFinding } from "./text-filter.ts";

/*
 * What stands in two texts that are one for whoever reads them: neighbouring text parts of a message.
 */

/** Characters of a text on either side of a seam that are looked at. */
const reach = 4096;
const border = "\uffff";

interface Seamed {
  readonly joined: string;
  /** Where each text begins in it. */
  readonly starts: readonly number[];
}

function joined(texts: readonly string[]): Seamed {
  const starts: number[] = [];
  let all = "";
  for (const text of texts) {
    starts.push(all.length);
    all += text.length > 2 * reach ? text.slice(0, reach) + border + text.slice(-reach) : text;
  }
  return { joined: all, starts };
}

/** Findings that begin in one of the texts and end in another; their places are those in the texts' beginnings and ends joined. */
export function crossing(scanner: Scanner, texts: readonly string[]): readonly Finding[] {
  return crossingIn(scanner, joined(texts));
}

function crossingIn(scanner: Scanner, { joined: all, starts }: Seamed): readonly Finding[] {
  const found = scanner.find(all);
  let next = 0;
  return found.filter(({ start, end }) => {
    while ((starts[next] ?? Number.POSITIVE_INFINITY) <= start) next++;
    return (starts[next] ?? Number.POSITIVE_INFINITY) < end;
  });
}

/** The texts without what crosses their seams: what takes a finding's place stands where it begins. Themselves where none does. */
export function mended(scanner: Scanner, texts: readonly string[], onFinding: OnFinding): readonly string[] {
  const seamed = joined(texts);
  const crossed = crossingIn(scanner, seamed);
  if (crossed.length === 0) return texts;
  const made = texts.map(() => "");
  const done = texts.map(() => 0);
  let index = 0;
  for (const finding of crossed) {
    const instead = onFinding(finding, seamed.joined.slice(finding.start, finding.end));
    if (instead === undefined) continue;
    while ((seamed.starts[index + 1] ?? Number.POSITIVE_INFINITY) <= finding.start) index++;
    for (let at = index; (seamed.starts[at] ?? Number.POSITIVE_INFINITY) < finding.end; at++) {
      const text = texts[at] ?? "";
      const from = at === index ? placeIn(text, finding.start - (seamed.starts[at] ?? 0)) : 0;
      const to = Math.min(text.length, placeIn(text, finding.end - (seamed.starts[at] ?? 0)));
      made[at] = (made[at] ?? "") + text.slice(done[at] ?? 0, from) + (at === index ? instead : "");
      done[at] = Math.max(done[at] ?? 0, to);
    }
  }
  return texts.map((text, at) => (made[at] ?? "") + text.slice(done[at] ?? 0));
}

const placeIn = (text: string, at: number): number =>
  text.length > 2 * reach && at > reach ? text.length - 2 * reach - border.length + at : at;

/** Runs of neighbouring text parts in a list, from their first to past their last. */
export function runsOf(list: readonly unknown[]): readonly (readonly [from: number, to: number])[] {
  if (list.length < 2) return [];
  const runs: [number, number][] = [];
  for (let from = 0; from < list.length; ) {
    let to = from;
    while (to < list.length && textPart(list[to]) !== undefined) to++;
    if (to - from > 1) runs.push([from, to]);
    from = to + 1;
  }
  return runs;
}

/** The text of a part that is said, whatever its wire calls it; thoughts are others'. */
export function textPart(part: unknown): string | undefined {
  if (typeof part !== "object" || part === null || !("text" in part) || typeof part.text !== "string") return undefined;
  if ("thought" in part && part.thought === true) return undefined;
  return !("type" in part) || (typeof part.type === "string" && part.type.endsWith("text")) ? part.text : undefined;
}
