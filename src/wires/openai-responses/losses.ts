import type { ChatRequest } from "../../canonical/chat.ts";
import { isEmpty } from "../shared/losses.ts";
import { onlyAnthropic } from "../shared/only-anthropic.ts";
import type { Scope } from "./scope.ts";

/** Reports what of another wire's request has no place here. Values that ask for nothing (n: 1, penalty 0) are no loss. */
export function reportLosses(request: ChatRequest, { losses }: Scope): void {
  const lost = (field: string, asked: boolean): void => {
    if (asked) losses.drop(`${field}_dropped`, field, "the Responses API has no such setting.");
  };
  lost("stop", (request.stop?.length ?? 0) > 0);
  lost("seed", request.seed !== undefined);
  lost("n", (request.choices ?? 1) > 1);
  lost("top_k", request.topK !== undefined);
  lost("frequency_penalty", (request.frequencyPenalty ?? 0) !== 0);
  lost("presence_penalty", (request.presencePenalty ?? 0) !== 0);
  lost("logit_bias", Object.keys(request.logitBias ?? {}).length > 0);
  lost("modalities", request.modalities?.some((modality) => modality !== "text") ?? false);
  lost("audio", !isEmpty(request.audio));
  lost("web_search_options", !isEmpty(request.webSearch));
  onlyAnthropic(request, losses);
  const ignore = (field: string, asked: boolean, why: string): void => {
    if (asked) losses.ignore(`${field}_ignored`, field, why);
  };
  ignore("prediction", !isEmpty(request.prediction), "the Responses API predicts no answers.");
  ignore("stream_options", Object.keys(request.streamOptions ?? {}).length > 0, "the Responses API has other stream options.");
  ignore("cache_control", request.cache !== undefined, "this API caches prompts by itself and takes no breakpoints.");
  if (request.messages.at(-1)?.role !== "assistant") return;
  const at = `messages[${request.messages.length - 1}]`;
  losses.approximate("prefill_not_continued", at, "this API answers the last message; it does not go on with it.");
}
