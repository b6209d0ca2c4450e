import type { GatewayOptions } from "../../../src/index.ts";

/** The simulator under the names that the tests call it by: `oai` by OpenAI's wire, `ant` by Anthropic's, `gem` by Gemini's. */
export const providersAt = (url: string): NonNullable<GatewayOptions["providers"]> => ({
  oai: { wire: "openai-chat", baseUrl: `${url}/v1`, apiKey: "none" },
  ant: { wire: "anthropic-messages", baseUrl: url, apiKey: "none" },
  gem: { wire: "gemini", baseUrl: url, apiKey: "gem-credential-1" },
});
