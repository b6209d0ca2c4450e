import type { JsonObject } from "../canonical/json.ts";

/** A model that can be called, as it is to be named in a call. */
export interface ListedModel {
  readonly id: string;
  readonly provider: string;
  /** Seconds since the epoch; 0 where the provider does not say. */
  readonly createdAt: number;
}

/** What can be called, and which providers did not say what they have. */
export interface ModelListing {
  readonly models: readonly ListedModel[];
  readonly silent: readonly { readonly provider: string; readonly reason: string }[];
}

/** The model list as OpenAI's SDKs read it (GET /v1/models). */
export const openaiModelList = (models: readonly ListedModel[]): JsonObject => ({
  object: "list",
  data: models.map(({ id, provider, createdAt }) => ({ id, object: "model", created: createdAt, owned_by: provider })),
});

/** The model list as Anthropic's SDKs read it. One page: the list is short. */
export const anthropicModelList = (models: readonly ListedModel[]): JsonObject => ({
  data: models.map(({ id, createdAt }) => ({
    type: "model",
    id,
    display_name: id,
    created_at: new Date(createdAt * 1000).toISOString(),
  })),
  has_more: false,
  first_id: models[0]?.id ?? null,
  last_id: models.at(-1)?.id ?? null,
});
