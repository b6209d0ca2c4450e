import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Ask, asText } from "../brain/ask.ts";
import { nothingAsked } from "../brain/nothing.ts";
import { countTokens } from "../brain/tokens.ts";

export interface Input {
  /** What its vector is made of: the text, or its tokens' numbers. */
  readonly text: string;
  readonly tokens: number;
}

/** A text, texts, a text's tokens, or several texts' tokens. */
export function inputsOf(input: Json | undefined): readonly Input[] {
  if (!isArray(input)) return [inputOf(input)];
  return typeof input[0] === "number" ? [inputOf(input)] : input.map(inputOf);
}

const inputOf = (one: Json | undefined): Input =>
  isArray(one)
    ? { text: `tokens ${one.join(" ")}`, tokens: one.length }
    : { text: asText(one), tokens: countTokens(asText(one)) };

/** What an embeddings request asks for: no answer, but its input is billed. */
export function readAsk(body: JsonObject): Ask {
  const uncached = inputsOf(body["input"]).reduce((sum, input) => sum + input.tokens, 0);
  return { ...nothingAsked(asText(body["model"])), input: { uncached, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 } };
}
