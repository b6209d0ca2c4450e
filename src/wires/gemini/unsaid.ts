import type { ChatRequest } from "../../canonical/chat.ts";
import type { Json } from "../../canonical/json.ts";
import { isEmpty, type Losses } from "../shared/losses.ts";

/** Reports what of another wire's request has no place here. Values that ask for nothing are no loss. */
export function reportUnsaid(request: ChatRequest, losses: Losses): void {
  const lost = (field: string, asked: boolean): void => {
    if (asked) losses.drop("field_dropped", field, "this API has no such setting.");
  };
  lost("logit_bias", Object.keys(request.logitBias ?? {}).length > 0);
  lost("verbosity", request.verbosity !== undefined && request.verbosity !== "medium");
  lost("audio", request.audio !== undefined);
  lost("web_search_options", request.webSearch !== undefined);
  lost("moderation", request.moderation !== undefined);
  lost("store", request.store === true && request.extraOrigin !== "openai-responses");
  const foreign: { readonly [field: string]: Json | undefined } = {
    container: request.container,
    context_management: request.contextManagement,
    mcp_servers: request.mcpServers,
    inference_geo: request.inferenceGeo,
    speed: request.speed,
    task_budget: request.taskBudget,
    diagnostics: request.diagnostics,
    fallbacks: request.fallbacks,
  };
  for (const [field, value] of Object.entries(foreign)) lost(field, !isEmpty(value));
  const hints: { readonly [field: string]: Json | undefined } = {
    metadata: request.metadata,
    user: request.endUser,
    safety_identifier: request.safetyIdentifier,
    prediction: request.prediction,
    prompt_cache_key: request.promptCacheKey,
    prompt_cache_retention: request.promptCacheRetention,
    prompt_cache_options: request.promptCacheOptions,
    cache_control: request.cache && {},
    fallback_credit_token: request.fallbackCreditToken,
    "anthropic-beta": request.betas,
  };
  for (const [field, value] of Object.entries(hints)) {
    if (!isEmpty(value)) losses.ignore(`${field}_ignored`, field, "this API has no such setting.");
  }
  const unknown = { ...request.extra, ...request.own?.settings };
  for (const [field, value] of Object.entries(unknown)) {
    if (isEmpty(value)) continue;
    losses.drop("unknown_field_dropped", field, `it was sent to ${request.extraOrigin ?? "another API"} and means nothing here.`);
  }
}
