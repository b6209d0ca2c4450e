import type { Finish, FinishReason } from "../../canonical/chat.ts";

/** Words that providers of this wire use for the same things. Words that are not here are `other`. */
const words = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["complete", "stop"],
  ["completed", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["model_length", "length"],
  ["max_output_tokens", "length"],
  ["insufficient_system_resource", "error"],
  ["error", "error"],
  ["tool_calls", "tool-calls"],
  ["tool_use", "tool-calls"],
  ["tool_call", "tool-calls"],
  ["function_call", "tool-calls"],
  ["content_filter", "content-filter"],
  ["safety", "content-filter"],
  ["sensitive", "content-filter"],
]);

/** The provider's word, or null for none: some send "" on every chunk. */
export const finishWord = (raw: unknown): string | null => (typeof raw === "string" && raw !== "" ? raw : null);

/**
 * The reason as it follows from the word and from what was really said: a tool call that the caller is to run makes it
 * `tool-calls` whatever the word, unless the answer was cut or filtered; the word `tool_calls` without any call is a stop. No
 * word at all, in an answer that is otherwise complete, is a stop too.
 */
export function decodeFinish(raw: string | null, called: boolean): Finish {
  const word = raw === null ? "stop" : (words.get(raw.toLowerCase()) ?? "other");
  switch (word) {
    case "length":
    case "content-filter":
    case "error":
    case "pause":
      return { reason: word, raw };
    case "tool-calls":
      return { reason: called ? word : "stop", raw };
    case "stop":
    case "other":
      return { reason: called ? "tool-calls" : word, raw };
  }
}

/**
 * The word that a relayed answer should have borne, where its provider's says the opposite of what was said: calls under a word
 * that is not for calls, or the word for calls without any. undefined: its own word stands.
 */
export function correctedWord(raw: string, called: boolean, legacy: boolean): string | undefined {
  const finish = decodeFinish(raw, called);
  const meant = words.get(raw.toLowerCase()) === "tool-calls";
  return meant === (finish.reason === "tool-calls") ? undefined : encodeFinish(finish, called, legacy);
}

/**
 * The word callers of this wire are told. An answer with calls never stops: one that its provider left unfinished is told as cut.
 *
 * @param called a call was told that the caller is to run
 * @param legacy the caller uses functions instead of tools
 */
export function encodeFinish({ reason }: Finish, called: boolean, legacy: boolean): string {
  switch (reason) {
    case "length":
      return "length";
    case "content-filter":
      return "content_filter";
    case "tool-calls":
      return forCalls(legacy);
    case "stop":
    case "pause":
      return called ? forCalls(legacy) : "stop";
    case "error":
    case "other":
      return called ? "length" : "stop";
  }
}

const forCalls = (legacy: boolean): string => (legacy ? "function_call" : "tool_calls");
