import type { JsonObject } from "../../canonical/json.ts";
import { type Answer, type Ask, inputTotal } from "../brain/ask.ts";

/** The usage object of an answer, or of its first `outputTokens` tokens. */
export function usageOf(ask: Ask, answers: readonly Answer[], outputTokens?: number): JsonObject {
  const prompt = inputTotal(ask.input);
  const all = answers.reduce((sum, answer) => sum + answer.outputTokens, 0);
  const completion = outputTokens ?? all;
  const reasoning = answers.reduce((sum, answer) => sum + answer.thinkingTokens, 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: ask.input.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: Math.min(reasoning, completion),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
