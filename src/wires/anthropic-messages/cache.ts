import { isObject, type JsonObject } from "../../canonical/json.ts";
import type { CacheMark } from "../../canonical/parts.ts";
import { optional, others, refuse, text, wantObject } from "../shared/read.ts";
import type { Draft } from "./spelling.ts";

const known = new Set(["type", "ttl"]);

/** `cache_control` of the block or tool at `at`, or of the request (""); null counts as none. */
export function decodeCache(source: JsonObject, at: string): CacheMark | undefined {
  const value = source["cache_control"];
  if (value === undefined || value === null) return undefined;
  const path = at === "" ? "cache_control" : `${at}.cache_control`;
  const ttl = optional(wantObject(value, path)["ttl"], `${path}.ttl`, text, "5m or 1h");
  if (ttl === undefined) return {};
  return ttl === "5m" || ttl === "1h" ? { ttl } : refuse(`${path}.ttl`, "5m or 1h");
}

/** Members of `cache_control` that the specification does not name. */
export function cacheExtra(source: JsonObject): JsonObject | undefined {
  const value = source["cache_control"];
  return isObject(value) ? others(value, known) : undefined;
}

export function encodeCache(target: Draft, mark: CacheMark | undefined): void {
  if (mark) target["cache_control"] = mark.ttl === undefined ? { type: "ephemeral" } : { type: "ephemeral", ttl: mark.ttl };
}
