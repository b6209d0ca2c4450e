import type { JsonObject } from "../../canonical/json.ts";
import { type Answer, type Ask, inputTotal } from "../brain/ask.ts";
import { countPrompt } from "./bill.ts";
import { type Extras, toolTokens } from "./extras.ts";
import { tokensPerMadeMedium } from "./media.ts";

/** What of an answer's tokens has been delivered. */
export interface Delivered {
  readonly thoughts: number;
  readonly candidates: number;
}

/** The whole answer's. */
export function delivered(answers: readonly Answer[], extras: Extras): Delivered {
  const media = extras.media.length * tokensPerMadeMedium * answers.length;
  const thoughts = answers.reduce((sum, answer) => sum + answer.thinkingTokens, 0);
  const all = answers.reduce((sum, answer) => sum + answer.outputTokens, 0);
  return { thoughts, candidates: all - thoughts + media };
}

/** Writes `usageMetadata`. Thoughts stand beside the candidates' tokens; the total holds both. */
export class UsageWriter {
  readonly #ask: Ask;
  readonly #extras: Extras;
  readonly #head: JsonObject;
  readonly #tail: JsonObject;

  constructor(ask: Ask, request: JsonObject, extras: Extras) {
    this.#ask = ask;
    this.#extras = extras;
    const details = [...countPrompt(request)].map(([modality, tokenCount]) => ({ modality, tokenCount }));
    const { cacheRead } = ask.input;
    this.#head = {
      promptTokenCount: inputTotal(ask.input),
      ...(cacheRead > 0 && { cachedContentTokenCount: cacheRead }),
    };
    const tools = toolTokens(extras);
    this.#tail = {
      promptTokensDetails: cacheRead > 0 ? [...details, { modality: "TEXT", tokenCount: cacheRead }] : details,
      ...(cacheRead > 0 && { cacheTokensDetails: [{ modality: "TEXT", tokenCount: cacheRead }] }),
      ...(tools > 0 && {
        toolUsePromptTokenCount: tools,
        toolUsePromptTokensDetails: [{ modality: "TEXT", tokenCount: tools }],
      }),
      serviceTier: "standard",
    };
  }

  write({ thoughts, candidates }: Delivered): JsonObject {
    const total = inputTotal(this.#ask.input) + toolTokens(this.#extras) + thoughts + candidates;
    const media = Math.min(this.#extras.media.length * tokensPerMadeMedium * this.#ask.choices, candidates);
    const made = this.#extras.media[0];
    return {
      ...this.#head,
      ...(candidates > 0 && { candidatesTokenCount: candidates }),
      totalTokenCount: total,
      ...this.#tail,
      ...(candidates > 0 &&
        made !== undefined && {
          candidatesTokensDetails: [
            ...(candidates > media ? [{ modality: "TEXT", tokenCount: candidates - media }] : []),
            { modality: made, tokenCount: media },
          ],
        }),
      ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    };
  }
}
