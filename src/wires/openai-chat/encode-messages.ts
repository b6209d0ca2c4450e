import type { Message } from "../../canonical/chat.ts";
import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part, ToolResultPart } from "../../canonical/parts.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { encodeAssistant } from "./encode-assistant.ts";
import { compact, encodeContent, named, nulls } from "./encode-content.ts";
import { cacheMembers, encodePart } from "./encode-parts.ts";
import type { Scope } from "./scope.ts";

/**
 * Canonical messages as this API wants them: a `tool` message per result, all results of a turn right after the message that
 * called, media of results (which a tool message cannot hold) in a user message after them, and only then what the user said.
 * Takes a history that `validateHistory` has passed.
 */
export function encodeMessages(messages: readonly Message[], scope: Scope): readonly JsonObject[] {
  const order = new Order();
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (message.role === "assistant") {
      const encoded = encodeAssistant(message, at, scope);
      if (encoded !== undefined) order.call(encoded, callIds(message.content));
      continue;
    }
    const results = message.content.filter((part) => part.type === "tool-result");
    let place = -1;
    for (const [number, result] of results.entries()) {
      place = message.content.indexOf(result, place + 1);
      const where = `${at}.content[${place}]`;
      const last = number === results.length - 1;
      const { tool, media } = encodeResult(message, result, where, last, scope);
      order.result(tool, media, result.toolCallId);
    }
    if (message.role === "tool") {
      for (const [number, part] of message.content.entries()) {
        if (part.type !== "tool-result") encodeStray(part, `${at}.content[${number}]`, scope, order);
      }
      continue;
    }
    if (results.length > 0 && results.length === message.content.length) {
      restore({}, message.extra, at, scope);
      continue;
    }
    const encoded = encodeSpoken(message, at, scope);
    if (encoded !== undefined) order.say(encoded);
  }
  order.flush();
  return order.messages;
}

const callIds = (content: readonly Part[]): readonly string[] =>
  content.filter((part) => part.type === "tool-call").map((part) => part.id);

/** Puts messages in the order this API demands: nothing may stand between calls and their results. */
class Order {
  readonly messages: JsonObject[] = [];
  readonly #open = new Set<string>();
  /** The assistant's messages of one turn. */
  #turn: JsonObject[] = [];
  #held: JsonObject[] = [];
  #media: JsonObject[] = [];

  /** Assistant messages before whose calls are answered are one turn, which this API wants in one message. */
  call(message: JsonObject, ids: readonly string[]): void {
    if (this.#open.size === 0) this.flush();
    this.#turn.push(message);
    for (const id of ids) this.#open.add(id);
  }

  result(message: JsonObject, media: readonly JsonObject[], id: string): void {
    this.#endTurn();
    this.messages.push(message);
    for (const part of media) this.#media.push(part);
    this.#open.delete(id);
    if (this.#open.size === 0 && this.#media.length === 0) this.flush();
  }

  say(message: JsonObject): void {
    if (this.#open.size > 0) {
      this.#held.push(message);
      return;
    }
    this.flush();
    this.messages.push(message);
  }

  flush(): void {
    this.#endTurn();
    if (this.#media.length > 0) this.messages.push({ role: "user", content: this.#media });
    for (const message of this.#held) this.messages.push(message);
    this.#media = [];
    this.#held = [];
    this.#open.clear();
  }

  #endTurn(): void {
    const [first, ...more] = this.#turn;
    if (first === undefined) return;
    this.messages.push(more.length === 0 ? first : joined(this.#turn));
    this.#turn = [];
  }
}

/** Assistant messages as one: content after content, calls after calls. */
function joined(messages: readonly JsonObject[]): JsonObject {
  const parts = (content: Json | undefined): readonly Json[] =>
    isArray(content) ? content : typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];
  const calls = messages.flatMap((message) => (isArray(message["tool_calls"]) ? message["tool_calls"] : []));
  const content = messages.flatMap((message) => parts(message["content"]));
  const text = (field: string): string =>
    messages
      .map((message) => message[field])
      .filter((said) => typeof said === "string")
      .join("\n\n");
  const fields = ["reasoning_content", "reasoning", "refusal"].filter((field) => text(field) !== "");
  return {
    ...Object.fromEntries(messages.flatMap((message) => Object.entries(message))),
    ...Object.fromEntries(fields.map((field) => [field, text(field)])),
    content: content.length > 0 ? content : null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** A part of a tool message that is no result: nothing makes one, but none may be lost. */
function encodeStray(part: Part, at: string, scope: Scope, order: Order): void {
  const encoded = encodePart(part, at, scope);
  if (encoded !== undefined) order.say({ role: "user", content: [encoded] });
}

function encodeSpoken(message: Message, at: string, scope: Scope): JsonObject | undefined {
  const { target, losses, native } = scope;
  let role: string = message.role;
  if (role === "developer" && target.quirks.developerRole === false) {
    role = "system";
    losses.approximate("developer_role_as_system", `${at}.role`, "the provider does not know the developer role.");
  }
  const spoken = message.content.filter((part) => part.type !== "tool-result");
  const { content, marked } = encodeContent(message, message.content, at, scope);
  if (content === undefined && spoken.length > 0) return undefined;
  const made: JsonObject = {
    role,
    content: content ?? (native ? [] : ""),
    ...named(message),
    ...nulls(message.as, scope),
    ...marked,
  };
  return restore(made, message.extra, at, scope);
}

/** One tool result as a tool message, and what of it a tool message cannot hold. */
function encodeResult(
  message: Message,
  result: ToolResultPart,
  at: string,
  last: boolean,
  scope: Scope,
): { readonly tool: JsonObject; readonly media: readonly JsonObject[] } {
  const { losses, native } = scope;
  const direct = message.role === "tool" && native;
  const id = scope.callIds.fit(result.toolCallId);
  const texts: JsonObject[] = [];
  const media: JsonObject[] = [];
  for (const [index, part] of result.content.entries()) {
    const where = `${at}.content[${index}]`;
    const made = encodePart(part, where, scope);
    if (made === undefined) continue;
    if (direct || made["type"] === "text") texts.push(made);
    else {
      if (media.length === 0) media.push({ type: "text", text: `From the result of tool call ${id}:` });
      media.push(made);
      losses.approximate(
        "tool_result_media_moved",
        where,
        "a tool result holds text only here; sent in a user message after it.",
      );
    }
  }
  if (result.isError) {
    losses.ignore("tool_error_flag_ignored", `${at}.is_error`, "this API does not mark failed tool results; their text is kept.");
  }
  const onMessage = direct && spelled(message.as, "cache");
  const marked = onMessage || !native ? cacheMembers(result.cache, undefined, at, scope) : {};
  const bare = media.length > 0 ? "The result is in the next user message." : "";
  const content = compact(texts, message.as, native) ?? emptyContent(message, direct, bare);
  const legacy = spelled(message.as, "function");
  const made: JsonObject = {
    role: legacy ? "function" : "tool",
    ...(legacy ? {} : { tool_call_id: id }),
    ...(content === undefined ? {} : { content }),
    ...named(message),
    ...nulls(message.as, scope),
    ...marked,
  };
  const whole = restore(made, result.extra, at, scope);
  return { tool: last && message.role === "tool" ? restore(whole, message.extra, at, scope) : whole, media };
}

function emptyContent(message: Message, direct: boolean, bare: string): Json | undefined {
  if (!direct || bare !== "") return bare;
  if (spelled(message.as, "null")) return null;
  if (spelled(message.as, "absent")) return undefined;
  return [];
}
