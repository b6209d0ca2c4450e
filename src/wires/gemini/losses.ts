import type { ChatRequest } from "../../canonical/chat.ts";
import type { Json } from "../../canonical/json.ts";
import { isEmpty, type Losses } from "../shared/losses.ts";
import { onlyAnthropic } from "../shared/only-anthropic.ts";

/** Reports what of another wire's request has no place here. Values that ask for nothing are no loss. */
export function reportLosses(request: ChatRequest, losses: Losses): void {
  const lost = (field: string, asked: boolean): void => {
    if (asked) losses.drop(`${field}_dropped`, field, "this API has no such setting.");
  };
  lost("logit_bias", Object.keys(request.logitBias ?? {}).length > 0);
  lost("verbosity", request.verbosity !== undefined && request.verbosity !== "medium");
  lost("audio", request.audio !== undefined);
  lost("web_search_options", request.webSearch !== undefined);
  lost("moderation", request.moderation !== undefined);
  lost("store", request.store === true && request.extraOrigin !== "openai-responses");
  onlyAnthropic(request, losses);
  const hints: { readonly [field: string]: Json | undefined } = {
    metadata: request.metadata,
    user: request.endUser,
    safety_identifier: request.safetyIdentifier,
    prediction: request.prediction,
    prompt_cache_key: request.promptCacheKey,
    prompt_cache_retention: request.promptCacheRetention,
    prompt_cache_options: request.promptCacheOptions,
    cache_control: request.cache && {},
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
