import type { Quirks } from "../wires/wire.ts";
import { messages } from "./anthropic.ts";
import { chatCompletions, openaiLike } from "./openai.ts";
import type { BuiltIn, Remote } from "./provider.ts";
import { openaiBase } from "./urls.ts";

/*
 * Providers that imitate OpenAI's API: one row each. A quirk stands here only where the provider's documentation, its
 * specification or a recorded exchange shows it.
 */

interface Row {
  readonly name: string;
  readonly baseUrl: string;
  readonly keyVariable: string;
  readonly keysPage: string;
  readonly quirks: Quirks;
  /** Where the provider serves more than OpenAI's wire. */
  readonly remote?: Remote | undefined;
}

/**
 * Neither max_completion_tokens nor a response_format of `json_schema` is in its reference; reasoning must come back with tool
 * results (as recorded).
 */
const deepseekQuirks: Quirks = {
  maxTokensField: "max_tokens",
  reasoningField: "reasoning_content",
  reasoningBack: true,
  schemaOutput: false,
};

/** Two endpoints under one host; what either of the two SDKs would be given as base URL leads to both. */
const deepseek: Remote = {
  ...openaiLike(deepseekQuirks),
  endpoints: [
    chatCompletions,
    {
      ...messages,
      // Its documentation names no other (api-docs.deepseek.com/guides/anthropic_api).
      operations: ["chat"],
      base: ({ baseUrl }) => `${baseUrl}/anthropic`,
      auth: { kind: "header", name: "x-api-key" },
      quirks: {},
    },
  ],
  native: [chatCompletions.wire.name],
  normaliseBase: (baseUrl) => openaiBase(baseUrl).replace(/\/(?:v1|anthropic)$/, ""),
};

const rows: readonly Row[] = [
  {
    name: "groq",
    baseUrl: "https://api.groq.com/openai/v1",
    keyVariable: "GROQ_API_KEY",
    keysPage: "https://console.groq.com/keys",
    quirks: {
      developerRole: true,
      reasoningField: "reasoning",
      // Refused with 400 (console.groq.com/docs/openai).
      drop: ["logprobs", "top_logprobs", "logit_bias"],
    },
  },
  {
    name: "deepseek",
    baseUrl: "https://api.deepseek.com",
    keyVariable: "DEEPSEEK_API_KEY",
    keysPage: "https://platform.deepseek.com/api_keys",
    quirks: deepseekQuirks,
    remote: deepseek,
  },
  {
    // Its Messages endpoint is deprecated (docs.x.ai, 2026) and therefore not here.
    name: "xai",
    baseUrl: "https://api.x.ai/v1",
    keyVariable: "XAI_API_KEY",
    keysPage: "https://console.x.ai/team/default/api-keys",
    quirks: { maxTokensPreferred: "max_tokens", reasoningField: "reasoning_content" },
  },
];

export const openaiCompatible: readonly BuiltIn[] = rows.map(({ name, baseUrl, keyVariable, keysPage, quirks, remote }) => ({
  name,
  baseUrl,
  keyVariables: [keyVariable],
  keysPage,
  remote: remote ?? openaiLike(quirks),
}));
