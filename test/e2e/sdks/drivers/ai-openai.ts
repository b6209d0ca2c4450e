import { createOpenAI } from "@ai-sdk/openai";
import { aiDriver } from "./ai-sdk.ts";

const stateless = { store: false, include: ["reasoning.encrypted_content"] };

/** `@ai-sdk/openai`, which speaks Responses; told to keep nothing at the provider. */
export const aiOpenai = aiDriver({
  name: "ai + @ai-sdk/openai",
  wire: "openai-responses",
  model: ({ origin, key }, id) => createOpenAI({ baseURL: `${origin}/v1`, apiKey: key })(id),
  always: { openai: { store: false } },
  thinking: { openai: { ...stateless, forceReasoning: true, reasoningEffort: "high", reasoningSummary: "auto" } },
});

/** The same with its defaults: what was said before is referred to by its id at the provider. */
export const aiOpenaiStored = aiDriver({
  name: "ai + @ai-sdk/openai, stored",
  wire: "openai-responses",
  model: ({ origin, key }, id) => createOpenAI({ baseURL: `${origin}/v1`, apiKey: key })(id),
  thinking: { openai: { forceReasoning: true, reasoningEffort: "high", reasoningSummary: "auto" } },
});
