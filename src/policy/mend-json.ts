import { jsonrepair } from "jsonrepair";
import { within } from "./schema-check.ts";

export interface Mended {
  /** JSON. */
  readonly text: string;
  readonly code: "json_fences_stripped" | "json_repaired";
}

/** Answers longer than this are not repaired. */
const longest = 1_000_000;
/** How long one repair may hold up all other calls: some broken answers cost the square of their length. */
const longestMs = 250;

/**
 * JSON out of an answer that is none: a markdown fence around it and the words before and behind are left out, and, where
 * `repair` is set, what is broken is mended (missing ends, quotes and commas; docs/decisions/2026-11-20-json-repair.md).
 * Undefined: no JSON can be made of it. Prose never becomes JSON: what is mended begins as an object or a list.
 */
export function mendJson(text: string, repair: boolean): Mended | undefined {
  const inner = fenced(text);
  for (const candidate of inner) if (isJson(candidate)) return { text: candidate.trim(), code: "json_fences_stripped" };
  if (!repair || text.length > longest) return undefined;
  const source = (inner[0] ?? text).trim();
  if (!/^[[{]/.test(source)) {
    const document = outermost(source);
    return document !== undefined && isJson(document) ? { text: document, code: "json_repaired" } : undefined;
  }
  const repaired = repairedWithin(source);
  return repaired !== undefined && isJson(repaired) ? { text: repaired, code: "json_repaired" } : undefined;
}

/** What may stand within the first fence: up to the last fence behind it, to the next, or to the end. */
function fenced(text: string): readonly string[] {
  const open = /```[\w-]*[ \t]*\r?\n?/.exec(text);
  if (open === null) return [];
  const begin = open.index + open[0].length;
  const ends = [text.lastIndexOf("```"), text.indexOf("```", begin)].filter((end) => end >= begin);
  return [...ends.map((end) => text.slice(begin, end)), text.slice(begin)];
}

/** From the first bracket to the last. */
function outermost(text: string): string | undefined {
  const begin = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  return begin < 0 || end < begin ? undefined : text.slice(begin, end + 1);
}

function repairedWithin(text: string): string | undefined {
  let repaired: string | undefined;
  try {
    within(longestMs, () => {
      repaired = jsonrepair(text);
    });
  } catch {
    return undefined;
  }
  return repaired;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
