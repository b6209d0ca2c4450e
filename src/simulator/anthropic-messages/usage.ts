import type { JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";

const inputOf = ({ input }: Ask): JsonObject => ({
  input_tokens: input.uncached,
  cache_creation_input_tokens: input.cacheWrite5m + input.cacheWrite1h,
  cache_read_input_tokens: input.cacheRead,
});

/** The usage object of `message` and `message_start`. */
export const usageOf = (ask: Ask, outputTokens: number, thinkingTokens: number): JsonObject => ({
  ...inputOf(ask),
  cache_creation: {
    ephemeral_5m_input_tokens: ask.input.cacheWrite5m,
    ephemeral_1h_input_tokens: ask.input.cacheWrite1h,
  },
  output_tokens: outputTokens,
  output_tokens_details: { thinking_tokens: thinkingTokens },
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: "not_available",
});

/** The usage object of `message_delta`: totals, not increments. */
export const deltaUsageOf = (ask: Ask, outputTokens: number, answer: Answer): JsonObject => ({
  ...inputOf(ask),
  output_tokens: outputTokens,
  output_tokens_details: { thinking_tokens: Math.min(answer.thinkingTokens, outputTokens) },
  server_tool_use: null,
});
