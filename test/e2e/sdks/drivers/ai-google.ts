import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { aiDriver } from "./ai-sdk.ts";

/** `@ai-sdk/google`. */
export const aiGoogle = aiDriver({
  name: "ai + @ai-sdk/google",
  wire: "gemini",
  model: ({ origin, key }, id) => createGoogleGenerativeAI({ baseURL: `${origin}/v1beta`, apiKey: key })(id),
  thinking: { google: { thinkingConfig: { includeThoughts: true } } },
});
