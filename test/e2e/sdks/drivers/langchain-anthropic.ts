import { ChatAnthropic } from "@langchain/anthropic";
import type { Fault } from "../driver.ts";
import { anthropic } from "./anthropic.ts";
import { langchainDriver } from "./langchain.ts";

/** `@langchain/anthropic`. */
export const langchainAnthropic = langchainDriver({
  name: "langchain ChatAnthropic",
  wire: "anthropic-messages",
  finishes: { stop: "end_turn", length: "max_tokens", tools: "tool_use" },
  kinds: { ...anthropic.kinds, "529": "InternalServerError", overflow: "ContextOverflowError" },
  fault: anthropicFault,
  model: ({ origin, key }, { model, maxTokens, thinking }) =>
    new ChatAnthropic({
      model,
      apiKey: key,
      anthropicApiUrl: origin,
      maxRetries: 0,
      maxTokens: maxTokens ?? 4000,
      ...(thinking === true && { thinking: { type: "enabled" as const, budget_tokens: 2000 } }),
    }),
});

/** It brings an Anthropic SDK of its own along, whose classes only their names and fields tell. */
function anthropicFault(thrown: unknown): Fault | undefined {
  if (!(thrown instanceof Error) || !("status" in thrown) || !("headers" in thrown)) return undefined;
  const { status, message, headers } = thrown;
  const retryAfter = headers instanceof Headers ? (headers.get("retry-after") ?? undefined) : undefined;
  return { kind: thrown.constructor.name, status: typeof status === "number" ? status : undefined, message, retryAfter };
}
