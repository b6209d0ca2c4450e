import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Losses } from "../shared/losses.ts";
import { object } from "../shared/read.ts";

/*
 * Answers of other wires are shown to Anthropic's callers with their thoughts, which nobody has signed. A caller sends them back
 * with its next request; where that goes to Anthropic itself (quirk `signedThinking`) they would be refused, and the
 * conversation could never go on.
 */

/** What is to be changed in a caller's body. */
export interface Unsigned {
  readonly messages: readonly Json[];
  /** Thinking is to be off: within a tool turn that began without signed thoughts it is refused. */
  readonly thinkingOff: boolean;
}

/** The body without unsigned thoughts; undefined where it has none. What is left out is reported. */
export function withoutUnsigned({ messages, thinking }: JsonObject, losses: Losses): Unsigned | undefined {
  if (!isArray(messages) || !messages.some(isUnsignedMessage)) return undefined;
  const kept = messages.flatMap((message, at): readonly Json[] => {
    if (!isUnsignedMessage(message)) return [message];
    const content = blocksOf(message).filter((block, index) => {
      if (!isUnsigned(block)) return true;
      losses.drop("reasoning_dropped", `messages[${at}].content[${index}]`, "another provider's thoughts bear no signature");
      return false;
    });
    return content.length === 0 || !isObject(message) ? [] : [{ ...message, content }];
  });
  const thinkingOff = object(thinking)?.["type"] === "enabled" && isAmidToolTurn(kept);
  if (thinkingOff) losses.drop("reasoning_setting_dropped", "thinking", "this tool turn began without signed thoughts");
  return { messages: kept, thinkingOff };
}

const blocksOf = (message: Json | undefined): readonly Json[] => {
  const content = object(message)?.["content"];
  return isArray(content) ? content : [];
};

const isAssistant = (message: Json | undefined): boolean => object(message)?.["role"] === "assistant";

const isUnsigned = (block: Json): boolean => isObject(block) && block["type"] === "thinking" && block["signature"] === "";

const isUnsignedMessage = (message: Json): boolean => isAssistant(message) && blocksOf(message).some(isUnsigned);

const isType = (block: Json | undefined, ...types: readonly string[]): boolean =>
  types.some((type) => object(block)?.["type"] === type);

/** The history ends with results of an assistant's turn that does not begin with thoughts. */
function isAmidToolTurn(messages: readonly Json[]): boolean {
  const last = messages.findLastIndex(isAssistant);
  if (!messages.slice(last + 1).some((message) => blocksOf(message).some((block) => isType(block, "tool_result")))) return false;
  let from = last;
  while (from > 0 && isAssistant(messages[from - 1])) from--;
  const [first] = messages.slice(Math.max(from, 0), last + 1).flatMap(blocksOf);
  return !isType(first, "thinking", "redacted_thinking");
}
