import type { Finish, FinishReason } from "../../canonical/chat.ts";
import type { Json } from "../../canonical/json.ts";

const reasons = new Map<string, FinishReason>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["pause_turn", "pause"],
  ["compaction", "pause"],
  ["refusal", "content-filter"],
]);

/**
 * Why an answer ended. The content decides whether tools are called: a call the client must run makes it `tool-calls` unless
 * the answer was cut, filtered or paused, and `tool_use` without a call is a plain stop.
 */
export function decodeFinish(
  raw: Json | undefined,
  stopSequence: Json | undefined,
  details: Json | undefined,
  calls: boolean,
): Finish {
  const word = typeof raw === "string" && raw !== "" ? raw : null;
  const said = word === null ? "other" : (reasons.get(word) ?? "other");
  const open = said === "stop" || said === "other" || said === "tool-calls";
  return {
    reason: !open ? said : calls ? "tool-calls" : said === "tool-calls" ? "stop" : said,
    raw: word,
    ...(typeof stopSequence === "string" && { stopSequence }),
    ...(details !== undefined && details !== null && { details }),
  };
}

/**
 * The word that a relayed answer should have borne, where its provider's says the opposite of what was said: calls under a word
 * that is not for calls, the word for calls without any, or no word but "". undefined: its own word stands.
 */
export function correctedWord(raw: Json | undefined, finish: Finish): string | undefined {
  if (typeof raw !== "string") return undefined;
  const forCalls = raw === "tool_use";
  return raw !== "" && forCalls === (finish.reason === "tool-calls") ? undefined : encodeFinish(finish, nothing);
}

/** What an answer holds besides text, as far as its stop reason must agree with it. */
export interface Held {
  readonly refused: boolean;
  /** A call that the client must run. */
  readonly called: boolean;
}

const nothing: Held = { refused: false, called: false };

/**
 * The stop reason for a caller: the provider's own word where it is one of Anthropic's and means the same. A turn with calls never
 * ends by itself: one that its provider left unfinished is told as cut.
 */
export function encodeFinish(finish: Finish | undefined, { refused, called }: Held): string {
  if (finish === undefined) return "end_turn";
  if (finish.raw !== null && reasons.get(finish.raw) === finish.reason) return finish.raw;
  switch (finish.reason) {
    case "stop":
      if (refused) return "refusal";
      if (called) return "tool_use";
      return finish.stopSequence === undefined ? "end_turn" : "stop_sequence";
    case "length":
      return "max_tokens";
    case "tool-calls":
      return "tool_use";
    case "content-filter":
      return "refusal";
    case "pause":
      return "pause_turn";
    case "error":
    case "other":
      return called ? "max_tokens" : "end_turn";
  }
}
