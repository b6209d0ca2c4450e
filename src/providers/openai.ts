import { openaiChat } from "../wires/openai-chat/index.ts";
import { openaiEmbeddings } from "../wires/openai-embeddings/index.ts";
import { openaiResponses } from "../wires/openai-responses/index.ts";
import type { Quirks } from "../wires/wire.ts";
import type { BuiltIn, Endpoint, Remote } from "./provider.ts";
import { openaiBase } from "./urls.ts";

/** The Chat Completions endpoint of OpenAI and of all who imitate it. */
export const chatCompletions: Endpoint = {
  wire: openaiChat,
  operations: ["chat"],
};

/** The embeddings endpoint of OpenAI and of those who imitate it. */
export const embeddings: Endpoint = {
  wire: openaiEmbeddings,
  operations: ["embed"],
};

/** The Responses endpoint of OpenAI and of those who imitate it. */
export const responses: Endpoint = {
  wire: openaiResponses,
  operations: ["chat", "count-tokens", "stored"],
};

/** A provider that speaks OpenAI's wires under one base URL, with a bearer credential. */
export const openaiLike = (quirks: Quirks): Remote => ({
  endpoints: [chatCompletions, embeddings],
  auth: { kind: "bearer" },
  quirks,
  normaliseBase: openaiBase,
  modelsUrl: (baseUrl) => `${baseUrl}/models`,
});

export const openai: BuiltIn = {
  name: "openai",
  owns: [openaiChat.name, openaiResponses.name, openaiEmbeddings.name],
  baseUrl: "https://api.openai.com/v1",
  keyVariables: ["OPENAI_API_KEY"],
  keysPage: "https://platform.openai.com/api-keys",
  baseUrlVariable: "OPENAI_BASE_URL",
  remote: {
    ...openaiLike({ developerRole: true, toolNameLength: 64, toolCallIdLength: 40 }),
    endpoints: [chatCompletions, responses, embeddings],
  },
};
