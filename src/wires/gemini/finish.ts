import type { Finish, FinishReason } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { object } from "../shared/read.ts";

/** The API's words. Words that are not here are `other`. */
const words = new Map<string, FinishReason>([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["SAFETY", "content-filter"],
  ["RECITATION", "content-filter"],
  ["BLOCKLIST", "content-filter"],
  ["PROHIBITED_CONTENT", "content-filter"],
  ["SPII", "content-filter"],
  ["MODEL_ARMOR", "content-filter"],
  ["IMAGE_SAFETY", "content-filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content-filter"],
  ["IMAGE_RECITATION", "content-filter"],
  ["MALFORMED_FUNCTION_CALL", "error"],
  ["MALFORMED_RESPONSE", "error"],
  ["UNEXPECTED_TOOL_CALL", "error"],
  ["TOO_MANY_TOOL_CALLS", "error"],
  ["MISSING_THOUGHT_SIGNATURE", "error"],
]);

/** Callers that ask for numbers in place of words are sent these; above them Google's two APIs disagree. */
const numbers = ["FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION"];

/** The provider's word, or null for none. */
export function finishWord(raw: Json | undefined): string | null {
  if (typeof raw === "number") return numbers[raw] ?? String(raw);
  return typeof raw === "string" && raw !== "" ? raw : null;
}

/**
 * The reason as it follows from the word and from what was said: a call that the caller is to run makes it `tool-calls`, unless
 * the answer was cut or filtered. `candidate` keeps what else the candidate told, for the same wire.
 */
export function decodeFinish(raw: string | null, called: boolean, candidate?: JsonObject): Finish {
  const word = raw === null ? "other" : (words.get(raw) ?? "other");
  const cut = word === "length" || word === "content-filter";
  return { reason: called && !cut ? "tool-calls" : word, raw, ...(candidate && { details: { candidate } }) };
}

/** A prompt that was refused: there is no answer at all. */
export const blockedFinish = (blockReason: string, promptFeedback: JsonObject): Finish => ({
  reason: "content-filter",
  raw: blockReason,
  details: { promptFeedback },
});

/** The word for callers of this wire: the provider's own where it means the same. */
export function encodeFinish({ reason, raw }: Finish): string {
  const known = raw === null ? undefined : words.get(raw);
  if (raw !== null && known !== undefined && (known === reason || reason === "tool-calls")) return raw;
  switch (reason) {
    case "stop":
    case "tool-calls":
    case "pause":
      return "STOP";
    case "length":
      return "MAX_TOKENS";
    case "content-filter":
      return "SAFETY";
    case "error":
    case "other":
      return "OTHER";
  }
}

/** What a candidate of this wire told besides its content. */
export const candidateOf = (finish: Finish | undefined): JsonObject | undefined => object(object(finish?.details)?.["candidate"]);

/** Why this wire's provider refused the prompt. */
export const feedbackOf = (finish: Finish | undefined): JsonObject | undefined =>
  object(object(finish?.details)?.["promptFeedback"]);
