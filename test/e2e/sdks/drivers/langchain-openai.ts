import { ChatOpenAI } from "@langchain/openai";
import type { Place } from "../driver.ts";
import { type LangchainModel, langchainDriver, type ModelWish } from "./langchain.ts";
import { openaiFault, openaiKinds } from "./openai-faults.ts";

const fieldsOf = ({ origin, key }: Place, { model, maxTokens }: ModelWish) => ({
  model,
  apiKey: key,
  maxRetries: 0,
  configuration: { baseURL: `${origin}/v1` },
  ...(maxTokens !== undefined && { maxTokens }),
});

const chat: LangchainModel = {
  name: "langchain ChatOpenAI",
  wire: "openai-chat",
  finishes: { stop: "stop", length: "length", tools: "tool_calls" },
  kinds: { ...openaiKinds, overflow: "ContextOverflowError" },
  fault: openaiFault,
  model: (place, wish) =>
    new ChatOpenAI({ ...fieldsOf(place, wish), ...(wish.thinking === true && { reasoning: { effort: "high" as const } }) }),
};

/** `@langchain/openai`: Chat Completions. */
export const langchainOpenai = langchainDriver(chat);

/** `@langchain/openai`: Responses, keeping nothing at the provider. */
export const langchainResponses = langchainDriver({
  ...chat,
  name: "langchain ChatOpenAI, Responses",
  wire: "openai-responses",
  finishes: { stop: "completed", length: "max_output_tokens", tools: "completed" },
  model: (place, wish) =>
    new ChatOpenAI({
      ...fieldsOf(place, wish),
      useResponsesApi: true,
      zdrEnabled: true,
      ...(wish.thinking === true && {
        reasoning: { effort: "high" as const, summary: "auto" as const },
        modelKwargs: { include: ["reasoning.encrypted_content"] },
      }),
    }),
});
