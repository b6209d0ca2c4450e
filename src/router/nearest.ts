import { distance } from "../canonical/distance.ts";

/** The names a typing slip away from `name`, nearest first. */
export function nearest(name: string, known: Iterable<string>): readonly string[] {
  const short = name.slice(0, 64).toLowerCase();
  const limit = short.length <= 4 ? 1 : 2;
  return [...known]
    .map((candidate) => ({ candidate, far: distance(short, candidate.toLowerCase(), limit) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)
    .map(({ candidate }) => candidate);
}
