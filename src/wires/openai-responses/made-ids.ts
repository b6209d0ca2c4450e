import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/*
 * Items of answers that came over other wires have ids of our own making. A caller sends them back with its next request, which
 * may go to OpenAI itself: it looks up every reasoning item that brings nothing encrypted, and refuses those it never made.
 */

/** What makes a call's ids unique, from the id of the call or response: without what stands before it. */
export const seedOf = (id: string): string =>
  id
    .replace(/^(?:resp|call|chatcmpl)[-_]/, "")
    .replace(/[^A-Za-z0-9_-]/g, "_")
    .slice(0, 48);

/** The id of a call's item; `prefix` as OpenAI has it for the item's type. */
export const madeId = (prefix: string, seed: string, index: number): string => `${prefix}_${seed}_${index}`;

/** Ours end in the item's number; of other makers' ids with a number behind, the rest is no call id of 32 digits. */
const made = /^rs_[0-9a-f]{32}_\d+$/;

/** Whether it is a reasoning item that we made, so that it tells a provider nothing. */
export const isMadeReasoning = ({ type, id, encrypted_content: sealed }: JsonObject): boolean =>
  type === "reasoning" && typeof id === "string" && made.test(id) && typeof sealed !== "string";

/** The input without such items, and where they stood; undefined where there is none. */
export function withoutMade(input: Json | undefined): { readonly input: Json; readonly at: readonly string[] } | undefined {
  if (!isArray(input)) return undefined;
  const at = input.flatMap((item, index) => (isObject(item) && isMadeReasoning(item) ? [`input[${index}]`] : []));
  if (at.length === 0) return undefined;
  return { input: input.filter((item) => !(isObject(item) && isMadeReasoning(item))), at };
}
