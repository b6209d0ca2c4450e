import type { Face } from "../face.ts";
import { errorBody, errorFrame, statusOf } from "../openai-chat/errors.ts";
import { validateEmbeddingsRequest } from "../validators/openai-embeddings.ts";
import { inputsOf, readAsk } from "./read.ts";
import { base64Of, vectorOf } from "./vector.ts";

/** OpenAI's embeddings: one unit vector for each text, always the same for the same text. Never streams. */
export const openaiEmbeddingsFace: Face = {
  wire: "openai-embeddings",
  ids: { reply: "", call: "" },
  preambleEvents: 0,
  read: readAsk,
  whole(ask, _answers, { body, usage }) {
    const dimensions = typeof body["dimensions"] === "number" ? body["dimensions"] : dimensionsOf(ask.model);
    const tokens = ask.input.uncached;
    return JSON.stringify({
      object: "list",
      data: inputsOf(body["input"]).map((input, index) => {
        const vector = vectorOf(input.text, dimensions);
        return { object: "embedding", index, embedding: body["encoding_format"] === "base64" ? base64Of(vector) : [...vector] };
      }),
      model: ask.model,
      ...(usage !== "none" && { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
    });
  },
  frames: () => ({ texts: [], outputTokens: [] }),
  check: (body) => validateEmbeddingsRequest(body),
  notFound: (model) => `The model \`${model}\` does not exist or you do not have access to it.`,
  errorBody,
  errorFrame,
  requestIdHeader: "x-request-id",
  statusOf,
};

/** As many as OpenAI's model of that name gives; few for the simulator's own. */
const dimensionsOf = (model: string): number =>
  model === "text-embedding-3-large" ? 3072 : model.startsWith("text-embedding-") ? 1536 : 64;
