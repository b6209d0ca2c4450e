import type { Json, JsonObject } from "../../canonical/json.ts";

/*
 * Spellings that mean the same: a member absent or null, content as a string or as blocks. They are kept as words in the
 * part's or message's `as`, e.g. "string null:cache_control,title".
 */

/** The word for those of `names` that are explicitly null, or "". */
export function nullsOf(source: JsonObject, names: readonly string[]): string {
  const found = names.filter((name) => source[name] === null);
  return found.length === 0 ? "" : `null:${found.join(",")}`;
}

export const words = (...parts: readonly string[]): string | undefined => {
  const joined = parts.filter((part) => part !== "").join(" ");
  return joined === "" ? undefined : joined;
};

export const spelled = (as: string | undefined, word: string): boolean => as?.split(" ").includes(word) ?? false;

/** Writes back the members that were explicitly null and have no value now. */
export function writeNulls(target: Record<string, Json>, as: string | undefined): void {
  if (as === undefined) return;
  for (const word of as.split(" ")) {
    if (!word.startsWith("null:")) continue;
    for (const name of word.slice(5).split(",")) target[name] ??= null;
  }
}

/** A JSON object under construction. */
export type Draft = Record<string, Json>;

export function put(target: Draft, name: string, value: Json | undefined): void {
  if (value !== undefined) target[name] = value;
}
