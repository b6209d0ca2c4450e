import type { JsonObject } from "../../canonical/json.ts";
import { inputTokens, outputTokens, type Usage } from "../../canonical/usage.ts";
import { count, object } from "../shared/read.ts";

/**
 * The tokens that were embedded. Some providers state the total alone (Voyage), some an output of 0 (Mistral, vLLM); a total
 * that is not the sum of the others is flagged.
 */
export function decodeUsage(raw: JsonObject): Usage {
  const stated = count(raw["total_tokens"]);
  const output = count(raw["completion_tokens"]) ?? 0;
  const prompt = count(raw["prompt_tokens"]) ?? Math.max((stated ?? 0) - output, 0);
  const sum = prompt + output;
  const details = object(raw["prompt_tokens_details"]);
  const inputImage = count(details?.["image_tokens"]) || undefined;
  const inputAudio = count(details?.["audio_tokens"]) || undefined;
  return {
    inputUncached: prompt,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputVisible: output,
    outputReasoning: 0,
    modality: inputImage === undefined && inputAudio === undefined ? undefined : { inputImage, inputAudio },
    reportedTotal: stated,
    anomaly: stated === undefined || stated === sum ? undefined : `total_tokens says ${stated}, its parts make ${sum}`,
    raw,
  };
}

export const encodeUsage = (usage: Usage | undefined): JsonObject => {
  const input = usage === undefined ? 0 : inputTokens(usage);
  return { prompt_tokens: input, total_tokens: input + (usage === undefined ? 0 : outputTokens(usage)) };
};
