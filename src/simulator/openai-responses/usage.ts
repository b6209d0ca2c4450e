import type { JsonObject } from "../../canonical/json.ts";
import { type Answer, type Ask, inputTotal } from "../brain/ask.ts";

/** The usage object of an answer, or of its first `outputTokens` tokens. */
export function usageOf(ask: Ask, answer: Answer, outputTokens = answer.outputTokens): JsonObject {
  const input = inputTotal(ask.input);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: ask.input.cacheRead, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: Math.min(answer.thinkingTokens, outputTokens) },
    total_tokens: input + outputTokens,
  };
}
