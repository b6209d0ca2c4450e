import type { CallRecord } from "../canonical/call.ts";
import { formatDollars } from "../canonical/cost.ts";
import type { Warnings } from "../canonical/warnings.ts";

const longestWarnings = 2048;

/** A text that may stand in a header: printable ASCII, of bounded length. */
export function headerText(text: string, longest = 256): string {
  const short = text.length > longest ? text.slice(0, longest) : text;
  return /^[\x20-\x7e]*$/.test(short) ? short : short.replace(/[^\x20-\x7e]/g, "?");
}

/** `code at=path +2, code …`, or "none": each code once, with its first place and how many more it has. */
export function warningsHeader(warnings: Warnings): string {
  if (warnings.list.length === 0) return "none";
  const places = new Map<string, { readonly at: string | undefined; more: number }>();
  for (const { code, at } of warnings.list) {
    const known = places.get(code);
    if (known === undefined) places.set(code, { at, more: 0 });
    else known.more++;
  }
  const words = [...places].map(
    ([code, { at, more }]) => `${code}${at === undefined ? "" : ` at=${at}`}${more === 0 ? "" : ` +${more}`}`,
  );
  if (warnings.omitted > 0) words.push(`and ${warnings.omitted} more`);
  return headerText(words.join(", "), longestWarnings);
}

/**
 * The headers every answer carries, as the flat list Node writes fastest. `overheadMs` is what the gateway itself
 * has taken so far. Without `warnings` the answer says nothing of them.
 */
export function answerHeaders(callId: string, record: CallRecord, warnings: Warnings | undefined, overheadMs: number): string[] {
  const headers = [
    "x-polygate-call-id",
    callId,
    "x-polygate-provider",
    headerText(record.provider ?? "none"),
    "x-polygate-model",
    headerText(record.model ?? "none"),
    "x-polygate-attempts",
    String(record.attempts),
  ];
  if (warnings !== undefined) headers.push("x-polygate-warnings", warningsHeader(warnings));
  if (record.costNano !== undefined) headers.push("x-polygate-cost-usd", formatDollars(record.costNano));
  headers.push("x-polygate-overhead-ms", Math.max(0, overheadMs).toFixed(2));
  for (const name in record.headers) {
    const value = record.headers[name];
    if (value !== undefined) headers.push(name, headerText(value, 1024));
  }
  return headers;
}

/** Sets headers in a flat list: each stands once, the new value in the old one's place. */
export function setHeaders(headers: string[], set: { readonly [name: string]: string | undefined }): void {
  for (const name in set) {
    const value = set[name];
    if (value === undefined) continue;
    let at = 0;
    while (at < headers.length && headers[at] !== name) at += 2;
    headers[at] = name;
    headers[at + 1] = value;
  }
}
