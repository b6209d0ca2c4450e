import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { InputBill } from "../brain/ask.ts";
import type { PromptCache } from "../brain/cache.ts";
import { countTokens } from "../brain/tokens.ts";

const tokensPerMessage = 4;
const tokensPerMedium = 85;

/** One cacheable stretch of the prompt: a tool, a system block, a message block. */
interface Stretch {
  readonly block: Json | undefined;
  readonly tokens: number;
}

/**
 * Input tokens as Anthropic bills them. What stands before a cache breakpoint is written on the first request and read on
 * later ones with the same prefix; the longest known prefix counts as read.
 */
export function billInput(body: JsonObject, cache: PromptCache): InputBill {
  const stretches = [...stretchesOf(body)];
  const total = stretches.reduce((sum, stretch) => sum + stretch.tokens, 0);
  let prefixTokens = 0;
  let cacheRead = 0;
  let cacheWrite5m = 0;
  let cacheWrite1h = 0;
  for (const [i, stretch] of stretches.entries()) {
    prefixTokens += stretch.tokens;
    const mark = markOf(stretch.block) ?? (i === stretches.length - 1 ? body["cache_control"] : undefined);
    if (!isObject(mark)) continue;
    const prefix = JSON.stringify([body["model"], stretches.slice(0, i + 1).map((one) => bare(one.block))]);
    const fresh = prefixTokens - cacheRead - cacheWrite5m - cacheWrite1h;
    if (cache.visit(prefix)) {
      cacheRead = prefixTokens;
      cacheWrite5m = 0;
      cacheWrite1h = 0;
    } else if (mark["ttl"] === "1h") cacheWrite1h += fresh;
    else cacheWrite5m += fresh;
  }
  return { uncached: total - cacheRead - cacheWrite5m - cacheWrite1h, cacheRead, cacheWrite5m, cacheWrite1h };
}

function* stretchesOf(body: JsonObject): Iterable<Stretch> {
  for (const tool of list(body["tools"])) yield { block: tool, tokens: countTokens(JSON.stringify(bare(tool))) };
  yield* blocks(body["system"]);
  for (const message of list(body["messages"])) {
    if (!isObject(message)) continue;
    yield { block: message["role"], tokens: tokensPerMessage };
    yield* blocks(message["content"]);
  }
}

function* blocks(content: Json | undefined): Iterable<Stretch> {
  if (typeof content === "string") yield { block: content, tokens: countTokens(content) };
  for (const block of list(content)) yield { block, tokens: countBlock(block) };
}

function countBlock(block: Json): number {
  if (!isObject(block)) return 0;
  if (typeof block["text"] === "string") return countTokens(block["text"]);
  if (typeof block["thinking"] === "string") return countTokens(block["thinking"]);
  if (block["type"] === "image" || block["type"] === "document") return tokensPerMedium;
  if (block["type"] !== "tool_result") return countTokens(JSON.stringify(bare(block)));
  if (typeof block["content"] === "string") return countTokens(block["content"]);
  return list(block["content"]).reduce<number>((sum, inner) => sum + countBlock(inner), 0);
}

/** The block without its breakpoint: moving a breakpoint does not make another prefix. */
function bare(block: Json | undefined): Json {
  if (!isObject(block)) return block ?? null;
  const { cache_control, ...rest } = block;
  return rest;
}

const markOf = (block: Json | undefined): Json | undefined => (isObject(block) ? block["cache_control"] : undefined);
const list = (value: Json | undefined): readonly Json[] => (isArray(value) ? value : []);
