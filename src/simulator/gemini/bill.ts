import type { Json, JsonObject } from "../../canonical/json.ts";
import type { InputBill } from "../brain/ask.ts";
import { countTokens } from "../brain/tokens.ts";
import { type Modality, mediaTypeOf, modalityOf } from "./media.ts";
import { object, objects, partsOf } from "./normal.ts";

const tokensPerContent = 4;
const tokensPerMedium = 258;
const cachedDefault = 1024;

/** The prompt's tokens by modality, without what is cached. */
export function countPrompt(request: JsonObject): ReadonlyMap<Modality, number> {
  const counts = new Map<Modality, number>();
  const add = (modality: Modality, tokens: number): void => {
    counts.set(modality, (counts.get(modality) ?? 0) + tokens);
  };
  if (request["tools"] !== undefined) add("TEXT", countTokens(JSON.stringify(request["tools"])));
  for (const part of partsOf(request["systemInstruction"])) countPart(part, add);
  for (const content of objects(request["contents"])) {
    add("TEXT", tokensPerContent);
    for (const part of partsOf(content)) countPart(part, add);
  }
  return counts;
}

function countPart(part: JsonObject, add: (modality: Modality, tokens: number) => void): void {
  const media = mediaTypeOf(part);
  if (media !== undefined) add(modalityOf(media), tokensPerMedium);
  else if (typeof part["text"] === "string") add("TEXT", countTokens(part["text"]));
  else if (part["functionResponse"] !== undefined) countResponse(object(part["functionResponse"]), add);
  else {
    const { thoughtSignature, thought, ...rest } = part;
    add("TEXT", countTokens(JSON.stringify(rest)));
  }
}

function countResponse(response: JsonObject, add: (modality: Modality, tokens: number) => void): void {
  const { parts, ...rest } = response;
  add("TEXT", countTokens(JSON.stringify(rest)));
  for (const part of objects(parts)) countPart(part, add);
}

/** `cachedContents/<n>` stands for a cached prompt of n tokens, any other name for one of 1024. */
export function cachedTokens(name: Json | undefined): number {
  if (typeof name !== "string" || name === "") return 0;
  const count = /^cachedContents\/(\d{1,7})$/.exec(name)?.[1];
  return count === undefined ? cachedDefault : Number(count);
}

export function billInput(request: JsonObject): InputBill {
  const uncached = [...countPrompt(request).values()].reduce((sum, tokens) => sum + tokens, 0);
  return { uncached, cacheRead: cachedTokens(request["cachedContent"]), cacheWrite5m: 0, cacheWrite1h: 0 };
}
