import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import { audioPart, imagePart } from "./media.ts";
import { object, objects, upper } from "./normal.ts";

/** What an answer holds besides text and calls, because the request asked for it. */
export interface Extras {
  readonly media: readonly ("IMAGE" | "AUDIO")[];
  /** AUDIO alone: speech and no text. */
  readonly withoutText: boolean;
  readonly code: boolean;
  readonly search: boolean;
}

/** `request` is normal. */
export function extrasOf(request: JsonObject): Extras {
  const wanted = object(request["generationConfig"])["responseModalities"];
  const modalities = isArray(wanted) ? wanted.map(upper) : [];
  const media = (["IMAGE", "AUDIO"] as const).filter((modality) => modalities.includes(modality));
  const tools = objects(request["tools"]);
  return {
    media,
    withoutText: media.length > 0 && !modalities.includes("TEXT"),
    code: tools.some((tool) => tool["codeExecution"] !== undefined),
    search: tools.some((tool) => tool["googleSearch"] !== undefined || tool["googleSearchRetrieval"] !== undefined),
  };
}

/** Tokens that the service's own tools put into the prompt. */
export const toolTokens = (extras: Extras): number => (extras.code ? 40 : 0) + (extras.search ? 100 : 0);

export const codeParts: readonly JsonObject[] = [
  { executableCode: { language: "PYTHON", code: "print(6 * 7)\n" } },
  { codeExecutionResult: { outcome: "OUTCOME_OK", output: "42\n" } },
];

export const mediaParts = (extras: Extras): readonly JsonObject[] =>
  extras.media.map((modality) => (modality === "IMAGE" ? imagePart : audioPart));

/** Says that the whole text came from one page. */
export const grounding = (text: string): JsonObject => ({
  webSearchQueries: ["sample query"],
  searchEntryPoint: { renderedContent: '<div class="container">sample query</div>' },
  groundingChunks: [{ web: { uri: "https://example.com/sample", title: "example.com" } }],
  groundingSupports: [{ segment: { endIndex: Buffer.byteLength(text), text }, groundingChunkIndices: [0] }],
});

const probability = (position: number): number => -0.01 * ((position % 10) + 1);

/** Made-up probabilities of the tokens, the same every time; positions count from `first`. */
export function logprobs(tokens: readonly string[], first: number, top: number): JsonObject {
  const chosen = tokens.map((token, i) => ({ token, tokenId: token.length, logProbability: probability(first + i) }));
  const others = tokens.map((token, i) => ({
    candidates: Array.from({ length: top }, (_, rank) => ({
      token: rank === 0 ? token : `~${rank}`,
      tokenId: rank === 0 ? token.length : rank,
      logProbability: probability(first + i) - rank,
    })),
  }));
  const topCandidates: Json = others;
  return { chosenCandidates: chosen, ...(top > 0 && { topCandidates }) };
}

export const averageLogprobs = (tokens: readonly string[]): number =>
  tokens.length === 0 ? 0 : tokens.reduce((sum, _, i) => sum + probability(i), 0) / tokens.length;
