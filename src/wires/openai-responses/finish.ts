import type { Finish } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { object, text } from "../shared/read.ts";

/**
 * How a response ended, from its status and, where it is incomplete, the reason. A tool call that the caller is to run makes
 * it `tool-calls`, unless the answer was cut or filtered. A response that is not over yet (queued, in progress) or was cancelled is
 * `other`, and so is a status that nobody knows, where nothing is called.
 */
export function decodeFinish(response: JsonObject, called: boolean): Finish {
  const status = text(response["status"]) ?? null;
  const why = text(object(response["incomplete_details"])?.["reason"]);
  if (status === "incomplete") {
    if (why === "content_filter") return { reason: "content-filter", raw: why };
    if (why === undefined || why === "max_output_tokens") return { reason: "length", raw: why ?? status };
    return { reason: "other", raw: why };
  }
  if (status === "failed") return { reason: "error", raw: status };
  if (status === null || status === "completed") return { reason: called ? "tool-calls" : "stop", raw: status };
  return { reason: called && !unfinished.has(status) ? "tool-calls" : "other", raw: status };
}

/** States in which calls may be half written. */
const unfinished = new Set(["queued", "in_progress", "cancelled"]);

/** States in which a response is over, one way or another. */
export const isOver = (status: unknown): boolean =>
  status === "completed" || status === "incomplete" || status === "failed" || status === "cancelled";

/** A response's `status` and `incomplete_details` as callers of this wire are told them. */
export function encodeStatus(finish: Finish | undefined): { readonly status: string; readonly why: string | null } {
  switch (finish?.reason) {
    case "length":
      return { status: "incomplete", why: "max_output_tokens" };
    case "content-filter":
      return { status: "incomplete", why: "content_filter" };
    case "other":
      if (finish.raw === "max_messages" || finish.raw === "steered") return { status: "incomplete", why: finish.raw };
      if (finish.raw === "queued" || finish.raw === "in_progress" || finish.raw === "cancelled") {
        return { status: finish.raw, why: null };
      }
      return { status: "completed", why: null };
    case "stop":
    case "tool-calls":
    case "pause":
    case "error":
    case undefined:
      return { status: "completed", why: null };
  }
}
