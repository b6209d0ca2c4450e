import type { ChatRequest } from "./chat.ts";
import type { JsonObject } from "./json.ts";

/** A chat whose input tokens are to be counted, not answered. */
export type CountRequest = ChatRequest;

export interface CountResult {
  readonly inputTokens: number;
  /** Of these, those that are cached, where the provider says so. */
  readonly cachedTokens?: number | undefined;
  /** True when nobody but us has counted: an approximation. */
  readonly estimated?: boolean | undefined;
  /** Further figures of the provider (Gemini: tokens by modality), for the wire they came from (`extraOrigin`). */
  readonly extra?: JsonObject | undefined;
  readonly extraOrigin?: string | undefined;
}

/** The request without what bears on its answer only: wires whose counting endpoint takes the prompt alone have nothing to report of it. */
export function promptOf(request: CountRequest): CountRequest {
  return {
    ...request,
    maxOutputTokens: undefined,
    temperature: undefined,
    topP: undefined,
    topK: undefined,
    frequencyPenalty: undefined,
    presencePenalty: undefined,
    stop: undefined,
    seed: undefined,
    choices: undefined,
    logprobs: undefined,
    topLogprobs: undefined,
    logitBias: undefined,
    endUser: undefined,
    safetyIdentifier: undefined,
    metadata: undefined,
    serviceTier: undefined,
    modalities: undefined,
    audio: undefined,
    prediction: undefined,
    store: undefined,
    moderation: undefined,
    promptCacheKey: undefined,
    promptCacheRetention: undefined,
    promptCacheOptions: undefined,
    container: undefined,
    inferenceGeo: undefined,
    include: undefined,
    maxToolCalls: undefined,
    background: undefined,
    diagnostics: undefined,
    fallbacks: undefined,
    fallbackCreditToken: undefined,
    streamUsage: undefined,
    streamOptions: undefined,
  };
}
