import type { Message } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";

/**
 * Refuses a history that no provider would take, before anything is sent: every tool call must be answered before the
 * assistant speaks again (or the history ends), and every tool result must answer a call of the assistant turn before it,
 * once. Results may come in any order and in several messages; encoders arrange them. Assistant messages in a row are one
 * turn. Throws `invalid_request` naming the message.
 */
export function validateHistory(messages: readonly Message[]): void {
  /** Call id → index of the message it stands in. */
  let open = new Map<string, number>();
  let answered = new Set<string>();
  let speaking = false;
  messages.forEach((message, index) => {
    if (message.role === "assistant") {
      if (!speaking) {
        refuseUnanswered(open);
        open = new Map();
        answered = new Set();
      }
      speaking = true;
    } else if (message.role === "user" || message.role === "tool") speaking = false;
    for (const part of message.content) {
      if (part.type === "tool-call") {
        if (open.has(part.id)) refuse(index, `repeats the tool call id \`${part.id}\` within one turn`);
        open.set(part.id, index);
      } else if (part.type === "tool-result") {
        if (answered.has(part.toolCallId)) refuse(index, `answers the tool call \`${part.toolCallId}\` a second time`);
        if (!open.delete(part.toolCallId)) {
          refuse(
            index,
            `holds a result for the tool call \`${part.toolCallId}\`, which the assistant message before it did not make`,
          );
        }
        answered.add(part.toolCallId);
      }
    }
  });
  refuseUnanswered(open);
}

function refuseUnanswered(open: ReadonlyMap<string, number>): void {
  for (const [id, index] of open) {
    refuse(index, `makes the tool call \`${id}\`, which no message after it answers. Send its result, or leave the call out`);
  }
}

function refuse(index: number, what: string): never {
  throw new GatewayError("invalid_request", `messages[${index}] ${what}.`, { param: `messages[${index}]` });
}
