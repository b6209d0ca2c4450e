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
  /** Further figures of the provider (Gemini: tokens by modality), for its own wire. */
  readonly extra?: JsonObject | undefined;
}
