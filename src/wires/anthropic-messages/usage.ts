import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { inputTokens, outputTokens, type Usage } from "../../canonical/usage.ts";
import { count } from "../shared/read.ts";
import type { Draft } from "./spelling.ts";

interface Counts {
  inputUncached: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
}

/**
 * Anthropic's input excludes cached tokens, its output includes thinking. A compaction the answer began with is billed too but
 * left out of the provider's sums; it stands in `iterations` and is added here. Iterations of other models (advisor, fallback)
 * stay in `raw`.
 */
export function decodeUsage(raw: JsonObject): Usage {
  const odd: string[] = [];
  const total = countsOf(raw, odd);
  for (const iteration of isArray(raw["iterations"]) ? raw["iterations"] : []) {
    if (!isObject(iteration)) continue;
    if (iteration["type"] === "compaction") addTo(total, countsOf(iteration, odd));
  }
  const details = raw["output_tokens_details"];
  const thoughts = (isObject(details) ? count(details["thinking_tokens"]) : undefined) ?? 0;
  if (thoughts > total.output) odd.push("more thinking than output tokens");
  const outputReasoning = Math.min(thoughts, total.output);
  const { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h } = total;
  const hostedToolCalls = hosted(raw["server_tool_use"]);
  return {
    inputUncached,
    cacheRead,
    cacheWrite5m,
    cacheWrite1h,
    outputVisible: total.output - outputReasoning,
    outputReasoning,
    ...(odd.length > 0 && { anomaly: odd.join("; ") }),
    ...(hostedToolCalls && { hostedToolCalls }),
    raw,
  };
}

function countsOf(raw: JsonObject, odd: string[]): Counts {
  const read = (value: Json | undefined, field: string): number | undefined => {
    const found = count(value);
    if (found === undefined && value !== undefined && value !== null) odd.push(`${field} is no token count`);
    return found;
  };
  const split = isObject(raw["cache_creation"]) ? raw["cache_creation"] : {};
  let cacheWrite5m = read(split["ephemeral_5m_input_tokens"], "ephemeral_5m_input_tokens") ?? 0;
  let cacheWrite1h = read(split["ephemeral_1h_input_tokens"], "ephemeral_1h_input_tokens") ?? 0;
  const written = read(raw["cache_creation_input_tokens"], "cache_creation_input_tokens");
  const rest = written === undefined ? 0 : written - cacheWrite5m - cacheWrite1h;
  if (rest < 0) odd.push("cache_creation says more than cache_creation_input_tokens");
  else if (cacheWrite1h > 0 && cacheWrite5m === 0) cacheWrite1h += rest;
  else cacheWrite5m += rest;
  return {
    inputUncached: read(raw["input_tokens"], "input_tokens") ?? 0,
    cacheRead: read(raw["cache_read_input_tokens"], "cache_read_input_tokens") ?? 0,
    cacheWrite5m,
    cacheWrite1h,
    output: read(raw["output_tokens"], "output_tokens") ?? 0,
  };
}

function addTo(total: Counts, more: Counts): void {
  total.inputUncached += more.inputUncached;
  total.cacheRead += more.cacheRead;
  total.cacheWrite5m += more.cacheWrite5m;
  total.cacheWrite1h += more.cacheWrite1h;
  total.output += more.output;
}

function hosted(value: Json | undefined): Record<string, number> | undefined {
  if (!isObject(value)) return undefined;
  const calls: Record<string, number> = {};
  for (const [name, called] of Object.entries(value)) {
    const times = count(called);
    if (times !== undefined && times > 0) calls[name] = times;
  }
  return Object.keys(calls).length > 0 ? calls : undefined;
}

/** The cumulative counts of a message_delta. */
export function encodeDeltaUsage(usage: Usage | undefined): Draft {
  const calls = usage?.hostedToolCalls;
  return {
    input_tokens: usage?.inputUncached ?? 0,
    cache_creation_input_tokens: (usage?.cacheWrite5m ?? 0) + (usage?.cacheWrite1h ?? 0),
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    output_tokens: usage ? outputTokens(usage) : 0,
    output_tokens_details: usage && usage.outputReasoning > 0 ? { thinking_tokens: usage.outputReasoning } : null,
    server_tool_use: calls
      ? { web_search_requests: calls["web_search_requests"] ?? 0, web_fetch_requests: calls["web_fetch_requests"] ?? 0 }
      : null,
  };
}

/** A message's whole usage; every member the specification demands is there. */
export function encodeUsage(usage: Usage | undefined, serviceTier: string | undefined): Draft {
  const wrote = usage !== undefined && inputTokens(usage) > 0;
  return {
    ...encodeDeltaUsage(usage),
    cache_creation: wrote
      ? { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h }
      : null,
    inference_geo: null,
    service_tier: serviceTier === "standard" || serviceTier === "priority" || serviceTier === "batch" ? serviceTier : null,
  };
}
