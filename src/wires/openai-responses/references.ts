import type { ChatResult, Message } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { text } from "../shared/read.ts";
import type { ReplyMeta } from "../wire.ts";
import { ResponseEncoder } from "./encode-reply.ts";
import { ItemNames } from "./item-names.ts";
import { isMade, isProviders, responseId, seedOf, withoutMore } from "./made-ids.ts";
import { name } from "./name.ts";
import { echoed, echoOf } from "./response-object.ts";

/*
 * How callers of this wire refer to what was said before, instead of saying it again: `previous_response_id` and items of the
 * type `item_reference`. For those who remember answers that no provider keeps; what they hold is canonical.
 */

const wire = name;

/** Whether a body refers to anything. */
const refers = ({ previous_response_id: previous, input }: JsonObject): boolean =>
  typeof previous === "string" || (isArray(input) && input.some(isReference));

const isReference = (item: Json): boolean =>
  isObject(item) &&
  (item["type"] === "item_reference" ||
    (typeof item["id"] === "string" && (item["type"] ?? undefined) === undefined && item["role"] === undefined));

/** The id of the item that a message refers to; undefined for messages that say something. */
function referredBy({ content }: Message): string | undefined {
  const [only, ...more] = content;
  if (only?.type !== "opaque" || only.kind !== "item_reference" || more.length > 0) return undefined;
  const id = text(only.value["id"]);
  return id && withoutMore(id);
}

/** Whether the message holds for its own request only. */
const isInstructions = ({ as }: Message): boolean => as === "instructions";

/** Names the parts of a call's answer, as they begin, by the items that its caller is shown. */
function naming(callId: string): (part: Part) => Part {
  const names = new ItemNames(seedOf(callId));
  return (part) => names.name(part);
}

/** What of a body an answer repeats; its tools apart. */
function told(body: JsonObject): { readonly said: JsonObject; readonly tools: JsonObject } {
  const said: Record<string, Json | undefined> = {};
  for (const field of echoed) if (body[field] !== undefined && field !== "tools") said[field] = body[field];
  return { said, tools: body["tools"] === undefined ? {} : { tools: body["tools"] } };
}

/** The answer as it was told, once more. */
function show(said: JsonObject, meta: ReplyMeta, result: ChatResult): JsonObject {
  return new ResponseEncoder(meta, echoOf(said)).whole(result);
}

/** What is answered to who had it forgotten. */
const forgotten = (id: string): JsonObject => ({ id, object: "response", deleted: true });

export const references = {
  ...{ wire, refers, referredBy, isInstructions, isMade, isProviders, responseId, naming, told, show, forgotten },
} as const;
