import { isObject, type JsonObject } from "../../canonical/json.ts";
import type { CacheMark } from "../../canonical/parts.ts";
import { optional, others, refuse, text, wantObject } from "../shared/read.ts";
import type { Draft } from "./spelling.ts";

const known = new Set(["type", "ttl"]);

/** `cache_control` of a block, tool or request; null counts as none. */
export function decodeCache(source: JsonObject, at: string): CacheMark | undefined {
  const value = source["cache_control"];
  if (value === undefined || value === null) return undefined;
  const ttl = optional(wantObject(value, `${at}.cache_control`)["ttl"], `${at}.cache_control.ttl`, text, "5m or 1h");
  if (ttl === undefined) return {};
  return ttl === "5m" || ttl === "1h" ? { ttl } : refuse(`${at}.cache_control.ttl`, "5m or 1h");
}

/** Members of `cache_control` that the specification does not name. */
export function cacheExtra(source: JsonObject): JsonObject | undefined {
  const value = source["cache_control"];
  return isObject(value) ? others(value, known) : undefined;
}

export function encodeCache(target: Draft, mark: CacheMark | undefined): void {
  if (mark) target["cache_control"] = mark.ttl === undefined ? { type: "ephemeral" } : { type: "ephemeral", ttl: mark.ttl };
}
