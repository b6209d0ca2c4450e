import { createAnthropic } from "@ai-sdk/anthropic";
import { aiDriver } from "./ai-sdk.ts";

/** `@ai-sdk/anthropic`. */
export const aiAnthropic = aiDriver({
  name: "ai + @ai-sdk/anthropic",
  wire: "anthropic-messages",
  model: ({ origin, key }, id) => createAnthropic({ baseURL: `${origin}/v1`, apiKey: key })(id),
  thinking: { anthropic: { thinking: { type: "enabled", budgetTokens: 2000 } } },
});
