import type { WireName } from "../loader.ts";
import { anthropicMessages } from "./anthropic-messages.ts";
import { gemini } from "./gemini.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";
import type { WireJudge } from "./wire-judge.ts";

export const wireJudges: { readonly [wire in WireName]: WireJudge } = {
  "openai-chat": openaiChat,
  "anthropic-messages": anthropicMessages,
  "openai-responses": openaiResponses,
  gemini,
};
