import { respelled } from "../../canonical/ids.ts";

/*
 * Anthropic's tool ids are of [a-zA-Z0-9_-]; other providers' are not ("functions.add:0"), and some of those want their own ids
 * back. So an id is spelled out rather than shortened: what a caller sends back on the next turn says what it was.
 */

const legal = /^[a-zA-Z0-9_-]+$/;
const mark = respelled;

/** The id as Anthropic's API and clients take it: itself where it is legal. */
export function legalId(id: string): string {
  if (legal.test(id) && !id.startsWith(mark)) return id;
  return mark + id.replace(/[^a-zA-Z0-9_]/g, (sign) => `-${sign.charCodeAt(0).toString(16)}-`);
}

/** What `legalId` was given. */
export function originalId(id: string): string {
  if (!id.startsWith(mark)) return id;
  return id.slice(mark.length).replace(/-([0-9a-f]{1,4})-/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
