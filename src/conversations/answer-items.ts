import type { Message } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";

/**
 * An answer's parts as messages, one for each item that its caller was shown. Parts that no item shows (a bare signature) go
 * with the item before them, or else with the first.
 */
export function itemsOf(parts: readonly Part[]): readonly Message[] {
  const groups: { id: string | undefined; readonly content: Part[] }[] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    const joins = last !== undefined && (part.itemId === undefined || last.id === undefined || part.itemId === last.id);
    if (!joins) {
      groups.push({ id: part.itemId, content: [part] });
      continue;
    }
    last.content.push(part);
    last.id ??= part.itemId;
  }
  return groups.map(({ content }) => ({ role: "assistant", content }));
}

/** The id of the item that the message is. */
export const itemIdOf = ({ content }: Message): string | undefined => content.find(({ itemId }) => itemId !== undefined)?.itemId;
