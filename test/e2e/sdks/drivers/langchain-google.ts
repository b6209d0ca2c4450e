import { ChatGoogleGenerativeAI } from "@langchain/google-genai";
import type { Fault } from "../driver.ts";
import { langchainDriver } from "./langchain.ts";

/** `@langchain/google-genai`. */
export const langchainGoogle = langchainDriver({
  name: "langchain ChatGoogleGenerativeAI",
  wire: "gemini",
  finishes: { stop: "STOP", length: "MAX_TOKENS", tools: "STOP" },
  kinds: {
    "400": "GoogleGenerativeAIFetchError",
    "401": "GoogleGenerativeAIFetchError",
    "403": "GoogleGenerativeAIFetchError",
    "404": "GoogleGenerativeAIFetchError",
    "429": "GoogleGenerativeAIFetchError",
    "500": "GoogleGenerativeAIFetchError",
    "529": "GoogleGenerativeAIFetchError",
    overflow: "GoogleGenerativeAIFetchError",
    stream: "GoogleGenerativeAIError",
  },
  fault: googleFault,
  model: ({ origin, key }, { model, maxTokens, thinking }) =>
    new ChatGoogleGenerativeAI({
      model,
      apiKey: key,
      baseUrl: origin,
      maxRetries: 0,
      ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
      ...(thinking === true && { thinkingConfig: { includeThoughts: true } }),
    }),
});

/** Its classes are those of Google's former SDK, which it brings along. */
function googleFault(thrown: unknown): Fault | undefined {
  if (!(thrown instanceof Error) || !thrown.message.startsWith("[GoogleGenerativeAI Error]")) return undefined;
  const status = "status" in thrown && typeof thrown.status === "number" ? thrown.status : undefined;
  const details = "errorDetails" in thrown ? JSON.stringify(thrown.errorDetails) : "";
  const retryAfter = /"retryDelay":\s*"([\d.]+)s"/.exec(details)?.[1];
  return { kind: thrown.constructor.name, status, message: thrown.message, retryAfter };
}
