import type { Json, JsonObject } from "../../canonical/json.ts";
import { inputTokens, type Modality, outputTokens, type Usage } from "../../canonical/usage.ts";
import { count, number, object } from "../shared/read.ts";

/**
 * A provider's usage in disjoint buckets. `prompt_tokens` counts what was cached and `completion_tokens` what was reasoned, but
 * for providers that count one of them besides (xAI its reasoning); which it is, is proved by `total_tokens`.
 * Undefined where the object holds no counts.
 */
export function decodeUsage(raw: JsonObject): Usage | undefined {
  const prompt = count(raw["prompt_tokens"]);
  const completion = count(raw["completion_tokens"]);
  const total = count(raw["total_tokens"]);
  if (prompt === undefined && completion === undefined && total === undefined) return undefined;
  const input = prompt ?? 0;
  const output = completion ?? 0;
  const anomalies: string[] = [];
  const inDetails = object(raw["prompt_tokens_details"]);
  const outDetails = object(raw["completion_tokens_details"]);
  const writes = object(raw["cache_creation"]);

  const first = (...values: readonly (Json | undefined)[]): number => {
    for (const value of values) if (count(value) !== undefined) return count(value) ?? 0;
    return 0;
  };
  const cached = first(
    inDetails?.["cached_tokens"],
    raw["prompt_cache_hit_tokens"],
    raw["cached_tokens"],
    raw["num_cached_tokens"],
    raw["cache_read_input_tokens"],
  );
  const hour = first(writes?.["ephemeral_1h_input_tokens"]);
  const written = Math.max(hour, first(inDetails?.["cache_write_tokens"], raw["cache_creation_input_tokens"]));
  const reasoned = first(outDetails?.["reasoning_tokens"], raw["reasoning_tokens"]);
  const audioIn = first(inDetails?.["audio_tokens"]);

  // What the parts leave unexplained of the total tells which counts stand beside prompt and completion.
  const gap = total === undefined || prompt === undefined || completion === undefined ? 0 : total - input - output;
  let beside = { input: 0, output: 0 };
  let cacheInside = true;
  if (gap > 0) {
    if (gap === reasoned) beside = { input: 0, output: reasoned };
    else if (gap === cached + written) cacheInside = false;
    else if (gap === audioIn) beside = { input: audioIn, output: 0 };
    else {
      beside = { input: 0, output: gap };
      anomalies.push(`total_tokens exceeds prompt and completion by ${gap}, counted as reasoning`);
    }
  } else if (gap < 0) anomalies.push(`total_tokens is ${-gap} less than prompt and completion`);

  const allInput = input + beside.input;
  const allOutput = output + beside.output;
  const read = cacheInside ? Math.min(cached, allInput) : cached;
  const write = cacheInside ? Math.min(written, allInput - read) : written;
  if (read < cached || write < written) anomalies.push(`${cached + written} cached tokens of ${allInput} prompt tokens`);
  const unnamed = reasoned === 0 ? beside.output : 0;
  const reasoning = Math.min(Math.max(reasoned, unnamed), allOutput);
  if (reasoning < reasoned) anomalies.push(`${reasoned} reasoning tokens of ${allOutput} completion tokens`);
  const hourly = Math.min(hour, write);

  return {
    inputUncached: cacheInside ? allInput - read - write : allInput,
    cacheRead: read,
    cacheWrite5m: write - hourly,
    cacheWrite1h: hourly,
    outputVisible: allOutput - reasoning,
    outputReasoning: reasoning,
    modality: modality(inDetails, outDetails),
    reportedTotal: total,
    anomaly: anomalies.length === 0 ? undefined : anomalies.join("; "),
    hostedToolCalls: hosted(raw),
    raw,
  };
}

function modality(input: JsonObject | undefined, output: JsonObject | undefined): Modality | undefined {
  const found: Modality = {
    inputAudio: count(input?.["audio_tokens"]) || undefined,
    inputImage: count(input?.["image_tokens"]) || undefined,
    inputVideo: count(input?.["video_tokens"]) || undefined,
    outputAudio: count(output?.["audio_tokens"]) || undefined,
    outputImage: count(output?.["image_tokens"]) || undefined,
  };
  return Object.values(found).some((value) => value !== undefined) ? found : undefined;
}

/** Calls of tools that the provider ran itself and bills one by one. */
function hosted(raw: JsonObject): { readonly [name: string]: number } | undefined {
  const found: [string, number][] = [];
  const requests = count(object(raw["server_tool_use_details"])?.["web_search_requests"]);
  if (requests) found.push(["web_search", requests]);
  for (const field of ["num_search_queries", "num_sources_used"]) {
    const times = number(raw[field]);
    if (times) found.push([field, times]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Buckets as callers of this wire are told them. */
export function encodeUsage(usage: Usage): JsonObject {
  const prompt = inputTokens(usage);
  const completion = outputTokens(usage);
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const { modality: kinds } = usage;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      ...(written > 0 && { cache_write_tokens: written }),
      ...(kinds?.inputAudio !== undefined && { audio_tokens: kinds.inputAudio }),
      ...(kinds?.inputImage !== undefined && { image_tokens: kinds.inputImage }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.outputReasoning,
      ...(kinds?.outputAudio !== undefined && { audio_tokens: kinds.outputAudio }),
    },
  };
}
