import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/*
 * Items of answers that came over other wires have ids of our own making. A caller sends them back with its next request, which
 * may go to OpenAI itself: it looks up every reasoning item that brings nothing encrypted, and refuses those it never made.
 */

/** What makes a call's ids unique, from the id of the call or response: without what stands before it. */
export const seedOf = (id: string): string =>
  id
    .replace(/^(?:resp_pg|resp|call|chatcmpl)[-_]/, "")
    .replace(/[^A-Za-z0-9_-]/g, "_")
    .slice(0, 48);

/** The id of a call's item; `prefix` as OpenAI has it for the item's type. */
export const madeId = (prefix: string, seed: string, index: number): string => `${prefix}_${seed}_${index}`;

/** The id of the next item of a part whose first one has ended, the `nth`. */
export const moreOf = (id: string, nth: number): string => `${id}_more${nth}`;

/** The id of the part's first item. */
export const withoutMore = (id: string): string => id.replace(/_more\d+$/, "");

const responses = "resp_pg_";

/** The id of an answer of ours, from its call's. Others' are never like it, though some are `resp_` and 32 digits, too. */
export const responseId = (callId: string): string => `${responses}${seedOf(callId)}`;

/** Whether an answer or item of this id was made here. */
export const isMade = (id: string): boolean => id.startsWith(responses) || item.test(id);

/** Whether a provider of this wire may have given an answer this id: others name theirs differently. */
export const isProviders = (id: string): boolean => id.startsWith("resp_") && !isMade(id);

/** Ours end in the item's number; of other makers' ids with a number behind, the rest is no call id of 32 digits. */
const item = /^(?:rs|msg|fc|ctc|ig|item)_[0-9a-f]{32}_\d+(?:_more\d+)?$/;

/** Whether it is a reasoning item that we made, so that it tells a provider nothing. */
export const isMadeReasoning = ({ type, id, encrypted_content: sealed }: JsonObject): boolean =>
  type === "reasoning" && typeof id === "string" && item.test(id) && typeof sealed !== "string";

/** The input without such items, and where they stood; undefined where there is none. */
export function withoutMade(input: Json | undefined): { readonly input: Json; readonly at: readonly string[] } | undefined {
  if (!isArray(input)) return undefined;
  const at = input.flatMap((item, index) => (isObject(item) && isMadeReasoning(item) ? [`input[${index}]`] : []));
  if (at.length === 0) return undefined;
  return { input: input.filter((item) => !(isObject(item) && isMadeReasoning(item))), at };
}
