import type { JsonObject } from "../../canonical/json.ts";
import { isObject } from "../../canonical/json.ts";
import type { Ask } from "../brain/ask.ts";
import type { Face } from "../face.ts";
import { validateGenerateContent } from "../validators/gemini.ts";
import { billInput, countPrompt } from "./bill.ts";
import { geminiFace } from "./face.ts";
import { normal } from "./normal.ts";

/** What is to be counted: the whole request, or contents alone. */
function counted(body: JsonObject): JsonObject {
  const request = normal(body);
  return isObject(request["generateContentRequest"]) ? request["generateContentRequest"] : request;
}

/** An ask that wants no answer. */
export const nothingAsked = (model: string): Ask => ({
  model,
  stream: false,
  said: "",
  results: [],
  tools: [],
  choosing: { type: "none" },
  parallel: false,
  format: undefined,
  maxTokens: undefined,
  stop: [],
  choices: 0,
  thinking: "no",
  logprobs: undefined,
  input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  usageInStream: false,
});

/** countTokens: what the same prompt would be billed, billing nothing. */
export const geminiCountFace: Face = {
  ...geminiFace,
  read: (_body, _behaviour, _cache, target) => nothingAsked(target.model),
  whole(_ask, _answers, meta) {
    const request = counted(meta.body);
    const { uncached, cacheRead } = billInput(request);
    return JSON.stringify({
      totalTokens: uncached + cacheRead,
      promptTokensDetails: [...countPrompt(request)].map(([modality, tokenCount]) => ({ modality, tokenCount })),
      ...(cacheRead > 0 && { cachedContentTokenCount: cacheRead }),
    });
  },
  check: (body) => validateGenerateContent(counted(body), {}),
  checkSpec: (body, specs) => specs.gemini.check("CountTokensRequest")(body),
};
