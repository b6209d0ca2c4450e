import { anthropicMessages } from "../wires/anthropic-messages/index.ts";
import type { BuiltIn, Endpoint, Remote } from "./provider.ts";
import { anthropicBase } from "./urls.ts";

/** The Messages endpoint of Anthropic and of all who imitate it. */
export const messages: Endpoint = {
  wire: anthropicMessages,
  operations: ["chat", "count-tokens"],
};

/** A provider that speaks Anthropic's wire; `x-api-key` is the one header that all of them have understood so far. */
export const anthropicLike: Remote = {
  endpoints: [messages],
  auth: { kind: "header", name: "x-api-key" },
  normaliseBase: anthropicBase,
  modelsUrl: (baseUrl) => `${baseUrl}/v1/models`,
};

export const anthropic: BuiltIn = {
  name: "anthropic",
  owns: [anthropicMessages.name],
  baseUrl: "https://api.anthropic.com",
  keyVariables: ["ANTHROPIC_API_KEY"],
  keysPage: "https://platform.claude.com/settings/keys",
  baseUrlVariable: "ANTHROPIC_BASE_URL",
  // Those who imitate it may take thoughts back unsigned, or even demand them.
  remote: { ...anthropicLike, quirks: { signedThinking: true } },
};
