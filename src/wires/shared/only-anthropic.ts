import type { ChatRequest } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json } from "../../canonical/json.ts";
import { isEmpty, type Losses } from "./losses.ts";

/**
 * Reports what of a request only Anthropic's API has, for encoders of other wires. Throws `unsupported` naming `thread` where the
 * conversation is to lie with Anthropic: its SDKs then go on without (tool runners) or tell their user.
 */
export function onlyAnthropic(request: ChatRequest, losses: Losses): void {
  const thread = request.extra?.["thread"];
  if (request.extraOrigin === "anthropic-messages" && !isEmpty(thread)) {
    const message = "Only Anthropic itself can keep a conversation in a `thread`. Send the whole conversation without it.";
    throw new GatewayError("unsupported", message, { param: "thread" });
  }
  const settings: { readonly [field: string]: Json | undefined } = {
    container: request.container,
    context_management: request.contextManagement,
    mcp_servers: request.mcpServers,
    inference_geo: request.inferenceGeo,
    speed: request.speed,
    task_budget: request.taskBudget,
    diagnostics: request.diagnostics,
    fallbacks: request.fallbacks,
  };
  for (const [field, value] of Object.entries(settings)) {
    if (!isEmpty(value)) losses.drop(`${field}_dropped`, field, "only Anthropic's API has such a setting.");
  }
  const hints: { readonly [field: string]: Json | undefined } = {
    fallback_credit_token: request.fallbackCreditToken,
    "anthropic-beta": request.betas,
  };
  for (const [field, value] of Object.entries(hints)) {
    if (!isEmpty(value)) losses.ignore(`${field}_ignored`, field, "only Anthropic's API has such a setting.");
  }
}
