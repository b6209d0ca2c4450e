import { isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { CacheMark } from "../../../canonical/parts.ts";
import { others } from "../read.ts";

/**
 * A cache mark in either of its spellings. One that says more than a mark can hold is left as it is, in `extra`.
 *
 * @returns `as` names the spelling unless it is `cache_control`
 */
export function readCache(holder: JsonObject): {
  readonly cache?: CacheMark;
  readonly as?: string;
  readonly extra?: JsonObject;
} {
  const point = holder["prompt_cache_breakpoint"];
  const control = holder["cache_control"];
  const extra: Record<string, Json> = {};
  let cache: CacheMark | undefined;
  let as: string | undefined;
  if (isObject(point) && point["mode"] === "explicit" && others(point, new Set(["mode"])) === undefined) {
    cache = {};
    as = "prompt_cache_breakpoint";
  } else if (point !== undefined) extra["prompt_cache_breakpoint"] = point;
  if (control !== undefined) {
    const mark = cache === undefined ? readControl(control) : undefined;
    if (mark === undefined) extra["cache_control"] = control;
    else cache = mark;
  }
  return { ...(cache && { cache }), ...(as && { as }), ...(Object.keys(extra).length > 0 && { extra }) };
}

function readControl(control: Json): CacheMark | undefined {
  if (!isObject(control) || control["type"] !== "ephemeral") return undefined;
  if (others(control, new Set(["type", "ttl"])) !== undefined) return undefined;
  const ttl = control["ttl"];
  if (ttl === undefined) return {};
  return ttl === "5m" || ttl === "1h" ? { ttl } : undefined;
}
