import { anthropicLike, messages } from "./anthropic.ts";
import { geminiLike, generateContent } from "./google.ts";
import { chatCompletions, embeddings, openaiLike, responses } from "./openai.ts";
import type { Remote } from "./provider.ts";

/**
 * What a provider of the operator's own looks like, by the wire it speaks. Most are local servers (vLLM, llama.cpp, LM Studio,
 * Ollama), all of which know `max_tokens`, while not all know its successor; a caller of their own wire knows best itself.
 */
export const customRemotes: ReadonlyMap<string, Remote> = new Map([
  [chatCompletions.wire.name, openaiLike({ maxTokensPreferred: "max_tokens" })],
  [responses.wire.name, { ...openaiLike({}), endpoints: [responses, embeddings] }],
  [messages.wire.name, anthropicLike],
  [generateContent.wire.name, geminiLike],
]);
