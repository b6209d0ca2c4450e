import type { JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import type { Meta } from "../face.ts";
import type { Behaviour } from "../models.ts";
import { averageLogprobs, extrasOf, grounding, logprobs } from "./extras.ts";
import { normal } from "./normal.ts";
import { joined, piecesOf } from "./pieces.ts";
import { delivered, UsageWriter } from "./usage.ts";

/** How the last chunk of a candidate, or the candidate, says why it ended. */
export function ending(answer: Answer, behaviour: Behaviour): JsonObject {
  switch (answer.finish) {
    case "stop":
    case "stop-sequence":
      return { finishReason: "STOP" };
    case "tool-calls":
      return { finishReason: "STOP", finishMessage: "Model generated function call(s)." };
    case "length":
      return { finishReason: "MAX_TOKENS" };
    case "filter":
      return behaviour.recites === true
        ? {
            finishReason: "RECITATION",
            citationMetadata: { citationSources: [{ startIndex: 0, endIndex: 9, uri: "https://example.com/sample" }] },
          }
        : { finishReason: "SAFETY", safetyRatings };
    case "refusal":
      return { finishReason: "PROHIBITED_CONTENT" };
  }
}

const safetyRatings: readonly JsonObject[] = [
  { category: "HARM_CATEGORY_DANGEROUS_CONTENT", probability: "HIGH", blocked: true },
];

/** What stands for the candidates where the prompt itself was blocked. */
export const blocked: JsonObject = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } };

export const isBlocked = (answers: readonly Answer[]): boolean => answers.some((answer) => answer.finish === "refusal");

/** A whole GenerateContentResponse. */
export function writeWhole(ask: Ask, answers: readonly Answer[], meta: Meta): string {
  const request = normal(meta.body);
  const extras = extrasOf(request);
  const usage = new UsageWriter(ask, request, extras);
  const tail = {
    ...(meta.usage !== "none" && { usageMetadata: usage.write(delivered(answers, extras)) }),
    modelVersion: ask.model,
    responseId: meta.id,
  };
  if (isBlocked(answers)) return JSON.stringify({ ...blocked, ...tail });
  const candidates = answers.map((answer, index) => {
    const parts = joined(piecesOf(ask, answer, index, extras, meta));
    const text = answer.text.join("");
    return {
      content: { ...(parts.length > 0 && { parts }), role: "model" },
      ...ending(answer, meta.behaviour),
      index,
      ...(ask.logprobs !== undefined &&
        answer.text.length > 0 && {
          avgLogprobs: averageLogprobs(answer.text),
          logprobsResult: logprobs(answer.text, 0, ask.logprobs),
        }),
      ...(extras.search && text !== "" && { groundingMetadata: grounding(text) }),
    };
  });
  return JSON.stringify({ candidates, ...tail });
}
