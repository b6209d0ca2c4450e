import type { JsonObject } from "../canonical/json.ts";
import type { ListedModel } from "../canonical/models.ts";
import type { Family } from "./routes.ts";

/** How a family's SDKs read what models there are. One page: the list is short. */
interface ModelViews {
  list(models: readonly ListedModel[]): JsonObject;
  one(model: ListedModel): JsonObject;
}

const openaiModel = ({ id, provider, createdAt }: ListedModel): JsonObject => ({
  id,
  object: "model",
  created: createdAt,
  owned_by: provider,
});

const anthropicModel = ({ id, createdAt }: ListedModel): JsonObject => ({
  type: "model",
  id,
  display_name: id,
  created_at: new Date(createdAt * 1000).toISOString(),
});

const geminiModel = ({ id }: ListedModel): JsonObject => ({
  name: `models/${id}`,
  displayName: id,
  supportedGenerationMethods: ["generateContent", "countTokens"],
});

export const modelViews: { readonly [name in Family]: ModelViews } = {
  openai: { one: openaiModel, list: (models) => ({ object: "list", data: models.map(openaiModel) }) },
  anthropic: {
    one: anthropicModel,
    list: (models) => ({
      data: models.map(anthropicModel),
      has_more: false,
      first_id: models[0]?.id ?? null,
      last_id: models.at(-1)?.id ?? null,
    }),
  },
  gemini: { one: geminiModel, list: (models) => ({ models: models.map(geminiModel) }) },
};
