import type { JsonObject } from "../../canonical/json.ts";

/*
 * What vectors are for. OpenAI has no word for it; providers that speak its wire have `input_type` (Voyage, Cohere, NVIDIA,
 * OpenRouter) or `task` (Jina). The words of the model are Gemini's.
 */

const words = new Map<string, string>([
  ["query", "RETRIEVAL_QUERY"],
  ["search_query", "RETRIEVAL_QUERY"],
  ["retrieval.query", "RETRIEVAL_QUERY"],
  ["document", "RETRIEVAL_DOCUMENT"],
  ["passage", "RETRIEVAL_DOCUMENT"],
  ["search_document", "RETRIEVAL_DOCUMENT"],
  ["retrieval.passage", "RETRIEVAL_DOCUMENT"],
  ["classification", "CLASSIFICATION"],
  ["clustering", "CLUSTERING"],
  ["separation", "CLUSTERING"],
  ["text-matching", "SEMANTIC_SIMILARITY"],
]);

/** The task a body names, and which field with which word named it; undefined where none does in a word we know. */
export function decodeTask(
  body: JsonObject,
): { readonly type: string; readonly field: string; readonly word: string } | undefined {
  for (const field of ["input_type", "task"]) {
    const word = body[field];
    const type = typeof word === "string" ? words.get(word) : undefined;
    if (typeof word === "string" && type !== undefined) return { type, field, word };
  }
  return undefined;
}
