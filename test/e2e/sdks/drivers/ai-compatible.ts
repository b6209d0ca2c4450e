import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { aiDriver } from "./ai-sdk.ts";

/** `@ai-sdk/openai-compatible`, which speaks Chat Completions. */
export const aiCompatible = aiDriver({
  name: "ai + @ai-sdk/openai-compatible",
  wire: "openai-chat",
  model: ({ origin, key }, id) =>
    createOpenAICompatible({
      name: "polygate",
      baseURL: `${origin}/v1`,
      apiKey: key,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(id),
  thinking: { polygate: { reasoningEffort: "high" } },
});
