import type { Message } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { spelled } from "../shared/openai/form.ts";
import { cacheMembers, encodePart } from "./encode-parts.ts";
import type { Scope } from "./scope.ts";

export const named = (message: Message): JsonObject => (message.name === undefined ? {} : { name: message.name });

/** Named fields that were sent as null. */
export function nulls(as: string | undefined, { native }: Scope): JsonObject {
  if (!native || as === undefined || !as.includes("=null")) return {};
  const fields = as.split(" ").filter((token) => token.endsWith("=null"));
  return Object.fromEntries(fields.map((token): [string, Json] => [token.slice(0, -5), null]));
}

/**
 * Content parts (results of tools apart), of the message and in its order, as a string or a list.
 *
 * @returns `content` undefined where nothing is left; `marked` a cache mark that stood on the message itself
 */
export function encodeContent(
  message: Message,
  parts: readonly Part[],
  at: string,
  scope: Scope,
): { readonly content: Json | undefined; readonly marked: JsonObject } {
  const onMessage = scope.native && spelled(message.as, "cache");
  const bearer = message.content.at(-1);
  const encoded: JsonObject[] = [];
  let marked: JsonObject = {};
  let index = -1;
  for (const part of parts) {
    if (part.type === "tool-result") continue;
    index = message.content.indexOf(part, index + 1);
    const place = `${at}.content[${index}]`;
    if (onMessage && part === bearer && part.cache !== undefined) {
      marked = cacheMembers(part.cache, undefined, place, scope);
      const made = encodePart({ ...part, cache: undefined }, place, scope);
      if (made !== undefined) encoded.push(made);
    } else {
      const made = encodePart(part, place, scope);
      if (made !== undefined) encoded.push(made);
    }
  }
  return { content: compact(encoded, message.as, scope.native), marked };
}

/** A single plain text becomes a string where it came as one, or came from another wire (every provider takes a string). */
export function compact(parts: readonly JsonObject[], as: string | undefined, native: boolean): Json | undefined {
  const only = parts.length === 1 ? parts[0] : undefined;
  const text = only !== undefined && only["type"] === "text" && Object.keys(only).length === 2 ? only["text"] : undefined;
  if (text !== undefined && (native ? spelled(as, "string") : true)) return text;
  return parts.length === 0 ? undefined : parts;
}
