import type { JsonObject } from "../../canonical/json.ts";
import { type ModelRow, models } from "../models.ts";

const described = ({ id, summary }: ModelRow): JsonObject => ({
  name: `models/${id}`,
  version: "001",
  displayName: id,
  description: summary,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ["generateContent", "countTokens", "embedContent", "batchEmbedContents"],
  temperature: 1,
  topP: 0.95,
  topK: 64,
  maxTemperature: 2,
  thinking: true,
});

/** A page of the models, as `pageSize` and `pageToken` want it. */
export function listModels(query: string): string {
  const params = new URLSearchParams(query);
  const first = Math.max(Number(params.get("pageToken") ?? 0) || 0, 0);
  const size = Math.min(Math.max(Number(params.get("pageSize") ?? 50) || 50, 1), 1000);
  const next = first + size;
  return JSON.stringify({
    models: models.slice(first, next).map(described),
    ...(next < models.length && { nextPageToken: String(next) }),
  });
}

/** One model, where there is one of that name. */
export function getModel(id: string): string | undefined {
  const row = models.find((one) => one.id === id);
  return row && JSON.stringify(described(row));
}
