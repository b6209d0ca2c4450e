import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import type { InputBill } from "../brain/ask.ts";
import type { PromptCache } from "../brain/cache.ts";
import { countTokens } from "../brain/tokens.ts";
import { isMessage, isResult, objects } from "./items.ts";

const tokensPerItem = 4;
const tokensPerMedium = 85;

/** Input tokens of a request: its instructions, tools and all that the model is shown. */
export function billInput(body: JsonObject, items: readonly JsonObject[], cache: PromptCache): InputBill {
  let total = typeof body["instructions"] === "string" ? tokensPerItem + countTokens(body["instructions"]) : 0;
  if (isArray(body["tools"]) && body["tools"].length > 0) total += countTokens(JSON.stringify(body["tools"]));
  let last = 0;
  for (const item of items) {
    last = tokensPerItem + countItem(item);
    total += last;
  }
  const key = body["prompt_cache_key"];
  if (typeof key !== "string") return { uncached: total, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
  const prefix = JSON.stringify([key, body["model"], body["instructions"], body["tools"], items.slice(0, -1)]);
  const cacheRead = cache.visit(prefix) ? total - last : 0;
  return { uncached: total - cacheRead, cacheRead, cacheWrite5m: 0, cacheWrite1h: 0 };
}

function countItem(item: JsonObject): number {
  if (isMessage(item)) return countContent(item["content"]);
  if (isResult(item)) return countContent(item["output"]);
  if (item["type"] === "reasoning") return objects(item["summary"]).reduce((sum, part) => sum + countPart(part), 0);
  const { id, status, ...rest } = item;
  return countTokens(JSON.stringify(rest));
}

const countContent = (content: Json | undefined): number =>
  typeof content === "string" ? countTokens(content) : objects(content).reduce((sum, part) => sum + countPart(part), 0);

const countPart = (part: JsonObject): number => (typeof part["text"] === "string" ? countTokens(part["text"]) : tokensPerMedium);
