import type { ChatRequest } from "../../canonical/chat.ts";
import type { Json } from "../../canonical/json.ts";
import { isEmpty, type Losses } from "./losses.ts";

/** Reports what of a request only Anthropic's API has, for encoders of other wires. */
export function onlyAnthropic(request: ChatRequest, losses: Losses): void {
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
    if (!isEmpty(value)) losses.drop("field_dropped", field, "only Anthropic's API has such a setting.");
  }
  const hints: { readonly [field: string]: Json | undefined } = {
    fallback_credit_token: request.fallbackCreditToken,
    "anthropic-beta": request.betas,
  };
  for (const [field, value] of Object.entries(hints)) {
    if (!isEmpty(value)) losses.ignore(`${field}_ignored`, field, "only Anthropic's API has such a setting.");
  }
}
