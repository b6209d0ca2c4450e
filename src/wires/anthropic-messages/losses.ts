import type { ChatRequest } from "../../canonical/chat.ts";
import type { Json } from "../../canonical/json.ts";
import type { Losses } from "../shared/losses.ts";
import { isEmpty } from "../shared/losses.ts";

/** Reports what of another wire's request has no place here. Values that ask for nothing (n: 1, penalty 0) are no loss. */
export function reportLosses(request: ChatRequest, losses: Losses): void {
  const lost = (field: string, asked: boolean): void => {
    if (asked) losses.drop(`${field}_dropped`, field, "the Anthropic API has no such setting");
  };
  lost("n", (request.choices ?? 1) > 1);
  lost("seed", request.seed !== undefined);
  lost("frequency_penalty", (request.frequencyPenalty ?? 0) !== 0);
  lost("presence_penalty", (request.presencePenalty ?? 0) !== 0);
  lost("logprobs", request.logprobs === true);
  lost("top_logprobs", (request.topLogprobs ?? 0) > 0);
  lost("logit_bias", Object.keys(request.logitBias ?? {}).length > 0);
  lost("verbosity", request.verbosity !== undefined && request.verbosity !== "medium");
  lost("modalities", request.modalities?.some((modality) => modality !== "text") ?? false);
  lost("audio", request.audio !== undefined);
  lost("web_search_options", request.webSearch !== undefined);
  lost("moderation", request.moderation !== undefined);
  lost("store", request.store === true && request.extraOrigin !== "openai-responses");
  const hints: { readonly [field: string]: Json | undefined } = {
    metadata: request.metadata,
    prediction: request.prediction,
    prompt_cache_key: request.promptCacheKey,
    prompt_cache_retention: request.promptCacheRetention,
    prompt_cache_options: request.promptCacheOptions,
    stream_options: request.streamOptions,
  };
  for (const [field, value] of Object.entries(hints)) {
    if (value !== undefined) losses.ignore(`${field}_ignored`, field, "the Anthropic API has no such setting");
  }
  if (request.endUser !== undefined && request.safetyIdentifier !== undefined) {
    losses.ignore("safety_identifier_ignored", "safety_identifier", "Anthropic takes one user id; `user` was sent");
  }
  for (const [name, value] of Object.entries({ ...request.extra, ...request.own?.settings })) {
    if (isEmpty(value)) continue;
    losses.drop(
      "unknown_field_dropped",
      name,
      `the Anthropic API does not know this field of ${request.extraOrigin ?? "another wire"}`,
    );
  }
}
