import type { JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isFilled, isText } from "./findings.ts";

const longestCallId = 64;

/** A call and its result name each other. */
export function checkCallId(item: JsonObject, at: string, findings: Findings): void {
  const id = item["call_id"];
  if (!isFilled(id)) {
    findings.add(`${at}.call_id`, `Missing required parameter: '${at}.call_id'.`);
    return;
  }
  findings.want(
    id.length <= longestCallId,
    `${at}.call_id`,
    `Invalid '${at}.call_id': string too long. Expected a string with maximum length ${longestCallId}, but got a string with length ${id.length} instead.`,
  );
}

/** An item's id begins with what tells its type. */
export function checkId(item: JsonObject, prefix: string, at: string, findings: Findings): void {
  const { id } = item;
  if (!given(id)) return;
  findings.want(
    isText(id) && id.startsWith(prefix),
    `${at}.id`,
    `Invalid '${at}.id': '${String(id)}'. Expected an ID that begins with '${prefix}'.`,
  );
}
