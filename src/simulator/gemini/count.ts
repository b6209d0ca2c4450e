import { isObject, type JsonObject } from "../../canonical/json.ts";
import { nothingAsked } from "../brain/nothing.ts";
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
