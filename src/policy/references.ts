import { type Call, withCompleted } from "../canonical/call.ts";
import type { ChatRequest, ChatResult, Message } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Part } from "../canonical/parts.ts";
import type { Answers } from "../conversations/answer-store.ts";

/** How callers of a wire refer to what was said before, and what they are shown of it: the wire's own knowledge. Pure. */
export interface References {
  /** The wire's name. */
  readonly wire: string;
  /** Whether a body refers to anything. */
  refers(body: JsonObject): boolean;
  /** The id of the item that a message refers to; undefined for messages that say something. */
  referredBy(message: Message): string | undefined;
  /** Whether the message holds for its own request only, and is no part of the conversation. */
  isInstructions(message: Message): boolean;
  /** Whether an answer or item of this id was made here, and by no provider. */
  isMade(id: string): boolean;
  /** Whether a provider that keeps answers may have given one this id. */
  isProviders(id: string): boolean;
  /** The id of a call's answer. */
  responseId(callId: string): string;
  /** Names the parts of a call's answer, as they begin and in order, by the items that its caller is shown (`Part.itemId`). */
  naming(callId: string): (part: Part) => Part;
  /** What of a body is needed to show its answer once more; its tools apart. */
  told(body: JsonObject): { readonly said: JsonObject; readonly tools: JsonObject };
  /** The answer as it was told. */
  show(
    said: JsonObject,
    meta: { readonly id: string; readonly createdAt: number; readonly model: string },
    result: ChatResult,
  ): JsonObject;
  /** What is said to who had the answer forgotten. */
  forgotten(id: string): JsonObject;
}

/** A call of which nothing is left that only this gateway knows. */
export interface Resolved<Op extends Operation> {
  readonly call: Call<Op>;
  /** The answer that was gone on from, and what the request adds to its conversation. */
  readonly onFrom?: { readonly previous: string; readonly messages: readonly Message[] } | undefined;
}

/**
 * The call with what its caller referred to in its place: remembered items, and before the request's own messages the
 * conversation up to the answer that it goes on from. Ids that are not remembered are left as they are where a provider made
 * them. Throws GatewayError `not_found` for those that were made here and are forgotten.
 */
export function resolved<Op extends Operation>(
  call: Call<Op>,
  answers: Answers | undefined,
  references: References,
): Resolved<Op> {
  if (call.source !== undefined && !references.refers(call.source.json)) return { call };
  const request = call.completed ?? call.request;
  if (!("messages" in request)) return { call };
  const { previousResponse: previous } = request;
  const before = previous === undefined ? undefined : conversation(previous, request, answers, references);
  const own = said(request.messages, answers, references);
  if (before === undefined && own === undefined) return { call };
  const messages = own ?? request.messages;
  if (before === undefined || previous === undefined) return { call: withCompleted(call, { ...request, messages }) };
  const instructions = messages.filter((message) => references.isInstructions(message));
  const rest = messages.filter((message) => !references.isInstructions(message));
  const whole = { ...request, messages: [...instructions, ...before, ...rest], previousResponse: undefined };
  return { call: { ...withCompleted(call, whole), continues: undefined }, onFrom: { previous, messages: rest } };
}

/** The conversation that the request goes on from; undefined where a provider keeps it. */
function conversation(
  id: string,
  { conversation: other }: ChatRequest,
  answers: Answers | undefined,
  { isMade }: References,
): readonly Message[] | undefined {
  const found = answers?.conversation(id);
  if (found === undefined) {
    if (isMade(id)) throw forgotten(`Previous response with id '${id}' not found.`, "previous_response_id", 400);
    return undefined;
  }
  if (other === undefined) return found;
  const sentence = "`previous_response_id` and `conversation` exclude each other: send one of them.";
  throw new GatewayError("invalid_request", sentence, { param: "conversation" });
}

/** The messages with the items that they refer to in their places, each once; undefined where they refer to none that is known. */
function said(
  messages: readonly Message[],
  answers: Answers | undefined,
  { referredBy, isMade }: References,
): readonly Message[] | undefined {
  const placed = new Set<Message>();
  let found = false;
  const out = messages.flatMap((message): readonly Message[] => {
    const id = referredBy(message);
    if (id === undefined) return [message];
    const item = answers?.item(id);
    if (item === undefined) {
      if (isMade(id)) throw forgotten(`Item with id '${id}' not found.`, "input", 404);
      return [message];
    }
    found = true;
    if (placed.has(item)) return [];
    placed.add(item);
    return [item];
  });
  return found ? out : undefined;
}

export function forgotten(what: string, param: string, status: number): GatewayError {
  const why =
    "The gateway itself keeps answers of models whose providers keep none: in memory, for a while (conversations.ttl), for the key that made them, and not with `store: false`.";
  return new GatewayError("not_found", `${what} ${why} Send the whole conversation instead of the id.`, { param, status });
}

/** Whether the request needs something that only a provider has. */
export const leansOnProvider = (request: ChatRequest, { referredBy }: References): boolean =>
  request.previousResponse !== undefined ||
  request.conversation !== undefined ||
  request.promptTemplate !== undefined ||
  request.messages.some((message) => referredBy(message) !== undefined);
