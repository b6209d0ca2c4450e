import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/**
 * Later usage over earlier, field by field: the last explicit value counts (0 is explicit, null is none). Providers that count
 * while they stream leave fields null until they know them, or tell each event what is new in it.
 */
export function mergeUsage(before: JsonObject | undefined, after: JsonObject): JsonObject {
  if (before === undefined) return after;
  const merged: [string, Json | undefined][] = Object.entries(before);
  for (const [field, value] of Object.entries(after)) {
    const old = before[field];
    if (value === null && old !== undefined) continue;
    merged.push([field, isObject(value) && isObject(old) ? mergeUsage(old, value) : value]);
  }
  return Object.fromEntries(merged);
}
