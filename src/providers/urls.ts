/*
 * `base_url` is what the provider's own SDK would be given: OpenAI-like ones end in `/v1`, Anthropic's is the bare host. What
 * is easily mistaken is tolerated: a trailing slash, and the end of the path that the SDK would add by itself.
 */

/** Without trailing slashes. */
export const trimBase = (baseUrl: string): string => baseUrl.replace(/\/+$/, "");

export const openaiBase = (baseUrl: string): string =>
  trimBase(trimBase(baseUrl).replace(/\/(?:chat\/completions|responses|embeddings)$/, ""));

export const anthropicBase = (baseUrl: string): string => trimBase(trimBase(baseUrl).replace(/\/v1(?:\/messages)?$/, ""));

export const googleBase = (baseUrl: string): string =>
  trimBase(trimBase(baseUrl).replace(/\/v1(?:beta|alpha)?(?:\/models)?$/, ""));
