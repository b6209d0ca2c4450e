import type { Json, JsonObject } from "../../canonical/json.ts";
import { inputTokens, type Modality, outputTokens, type Usage } from "../../canonical/usage.ts";
import { count, number, object } from "../shared/read.ts";

/**
 * A provider's usage in disjoint buckets. `input_tokens` counts what was cached and `output_tokens` what was reasoned; should a
 * provider count one of them besides, `total_tokens` proves it. Undefined where the object holds no counts.
 *
 * @param tools the response's `tool_usage`: calls of tools that the provider ran itself
 */
export function decodeUsage(raw: JsonObject, tools?: Json): Usage | undefined {
  const given = count(raw["input_tokens"]);
  const made = count(raw["output_tokens"]);
  const total = count(raw["total_tokens"]);
  if (given === undefined && made === undefined && total === undefined) return undefined;
  const inDetails = object(raw["input_tokens_details"]);
  const outDetails = object(raw["output_tokens_details"]);
  const cached = count(inDetails?.["cached_tokens"]) ?? 0;
  const written = count(inDetails?.["cache_write_tokens"]) ?? 0;
  const reasoned = count(outDetails?.["reasoning_tokens"]) ?? 0;
  const anomalies: string[] = [];
  let input = given ?? 0;
  let output = made ?? 0;
  const gap = total === undefined || given === undefined || made === undefined ? 0 : total - input - output;
  if (gap > 0 && gap === reasoned) output += reasoned;
  else if (gap > 0 && gap === cached + written) input += gap;
  else if (gap > 0) {
    output += gap;
    anomalies.push(`total_tokens exceeds input and output by ${gap}, counted as output`);
  } else if (gap < 0) anomalies.push(`total_tokens is ${-gap} less than input and output`);
  const read = Math.min(cached, input);
  const write = Math.min(written, input - read);
  if (read < cached || write < written) anomalies.push(`${cached + written} cached tokens of ${input} input tokens`);
  const reasoning = Math.min(reasoned, output);
  if (reasoning < reasoned) anomalies.push(`${reasoned} reasoning tokens of ${output} output tokens`);
  return {
    inputUncached: input - read - write,
    cacheRead: read,
    cacheWrite5m: write,
    cacheWrite1h: 0,
    outputVisible: output - reasoning,
    outputReasoning: reasoning,
    modality: modality(inDetails, outDetails),
    reportedTotal: total,
    anomaly: anomalies.length === 0 ? undefined : anomalies.join("; "),
    hostedToolCalls: hosted(raw, object(tools)),
    raw,
  };
}

function modality(input: JsonObject | undefined, output: JsonObject | undefined): Modality | undefined {
  const found: Modality = {
    inputAudio: count(input?.["audio_tokens"]) || undefined,
    inputImage: count(input?.["image_tokens"]) || undefined,
    outputAudio: count(output?.["audio_tokens"]) || undefined,
    outputImage: count(output?.["image_tokens"]) || undefined,
  };
  return Object.values(found).some((value) => value !== undefined) ? found : undefined;
}

/** Calls of tools that are billed one by one: OpenAI tells them beside the usage, xAI within. */
function hosted(raw: JsonObject, tools: JsonObject | undefined): { readonly [name: string]: number } | undefined {
  const found: [string, number][] = [];
  for (const [name, said] of Object.entries(tools ?? {})) {
    const times = count(object(said)?.["num_requests"]);
    if (times) found.push([name, times]);
  }
  for (const field of ["num_server_side_tools_used", "num_sources_used"]) {
    const times = number(raw[field]);
    if (times) found.push([field, times]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Buckets as callers of this wire are told them. */
export function encodeUsage(usage: Usage): JsonObject {
  const input = inputTokens(usage);
  const output = outputTokens(usage);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.outputReasoning },
    total_tokens: input + output,
  };
}
