import type { Message } from "../../canonical/chat.ts";
import type { Json } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { validateHistory } from "../shared/history.ts";
import { encodeResult } from "./encode-calls.ts";
import { encodePart } from "./encode-parts.ts";
import { sealCalls } from "./placeholder-seals.ts";
import { restore, type Scope } from "./scope.ts";
import { type Draft, put, spelled, told } from "./spelling.ts";
import type { Placed, Turn } from "./turn.ts";

export interface Conversation {
  readonly system: Json | undefined;
  readonly contents: Json;
}

const isSystem = ({ role }: Message): boolean => role === "system" || role === "developer";

/**
 * The conversation as this API takes it: leading system text apart, user and model in turns, the results of a turn's calls in
 * the order of the calls at the beginning of the next user turn, no empty parts. What came from this wire keeps its form.
 * Throws `invalid_request` for orphaned calls and results.
 */
export function encodeConversation(messages: readonly Message[], scope: Scope): Conversation {
  // What a speaker of this wire may leave open in its history is Google's to say: it takes more than others do.
  if (!scope.native) validateHistory(messages);
  const first = messages.findIndex((message) => !isSystem(message));
  const leading = first === -1 ? messages : messages.slice(0, first);
  const spoken = first === -1 ? [] : messages.slice(first);
  const system = encodeSystem(leading, scope);
  if (scope.native) {
    const contents = spoken.map((message, index) => asSent(message, `messages[${leading.length + index}]`, scope));
    return { system, contents: spoken[0] !== undefined && spelled(spoken[0].as, "alone") ? (contents[0] ?? []) : contents };
  }
  const turns: Turn[] = [];
  for (const [index, message] of spoken.entries()) addTurn(turns, message, `messages[${leading.length + index}]`, scope);
  const lone = turns.length === 0;
  repair(turns, leading, scope);
  sealCalls(turns, scope);
  return { system: lone ? undefined : system, contents: turns.map(write) };
}

/** A message of this wire, part by part as it was. */
function asSent(message: Message, at: string, scope: Scope): Json {
  if (spelled(message.as, "string")) {
    const [only] = message.content;
    if (only?.type === "text") return only.text;
  }
  const parts = message.content.flatMap((part, index): readonly Draft[] => {
    const where = `${at}.content[${index}]`;
    if (part.type !== "tool-result") return encodePart(part, where, scope);
    const { result, after } = encodeResult(part, where, scope);
    return [result, ...after];
  });
  const made: Draft = {};
  const role = told(message.as, "role=");
  put(made, "role", role === "" ? undefined : (role ?? roleOf(message)));
  putParts(made, parts, message);
  restore(made, message.extra, at, scope);
  return made;
}

const roleOf = ({ role }: Message): string | undefined =>
  role === "assistant" ? "model" : role === "tool" ? "user" : role === "user" ? "user" : undefined;

function putParts(made: Draft, parts: readonly Draft[], message: Message): void {
  const bare = (part: Draft, index: number): Json => {
    const { text } = part;
    return spelled(message.content[index]?.as, "bare") && text !== undefined ? text : part;
  };
  if (spelled(message.as, "single") && parts[0] !== undefined) made["parts"] = bare(parts[0], 0);
  else if (!spelled(message.as, "none") || parts.length > 0) made["parts"] = parts.map(bare);
}

function encodeSystem(leading: readonly Message[], scope: Scope): Json | undefined {
  const [only, ...more] = leading;
  if (only === undefined) return undefined;
  if (scope.native && more.length === 0) return asSent(only, "messages[0]", scope);
  const parts = leading.flatMap((message, index) => {
    unnamed(message, `messages[${index}]`, scope);
    return message.content.flatMap((part, inner): readonly Draft[] => {
      const at = `messages[${index}].content[${inner}]`;
      if (part.type === "text" || scope.native) return encodePart(part, at, scope);
      scope.losses.drop("system_part_dropped", at, "this API's system text is text only.");
      return [];
    });
  });
  return parts.length > 0 ? { parts } : undefined;
}

/** What a message says of itself and no content can. */
function unnamed(message: Message, at: string, scope: Scope): void {
  if (message.name !== undefined) scope.losses.drop("message_name_dropped", `${at}.name`, "this API's contents have no names.");
  if (!scope.native) restore({}, message.extra, at, scope);
}

function addTurn(turns: Turn[], message: Message, at: string, scope: Scope): void {
  unnamed(message, at, scope);
  const last = turns.at(-1);
  const role = message.role === "assistant" ? "model" : "user";
  const turn = last?.role === role ? last : empty(role);
  if (isSystem(message)) {
    const detail = "this API's system text stands at the start; sent as marked text of the user.";
    scope.losses.approximate("system_in_conversation", at, detail);
  }
  for (const [index, part] of message.content.entries()) addPart(turn, message, part, `${at}.content[${index}]`, scope);
  if (turn === last) return;
  if (turn.results.length + turn.parts.length + turn.media.length > 0) turns.push(turn);
  else scope.losses.repair("empty_message_removed", at, "nothing of it can be sent to the Gemini API.");
}

function addPart(turn: Turn, message: Message, part: Part, at: string, scope: Scope): void {
  if (part.type === "tool-result" && turn.role === "user") {
    const { result, after } = encodeResult(part, at, scope);
    turn.results.push({ id: part.toolCallId, part: result });
    for (const one of after) turn.media.push(one);
    return;
  }
  if (part.type === "tool-call") turn.calls.push(part.id);
  for (const made of encodePart(part, at, scope)) {
    if (isSystem(message) && typeof made["text"] === "string")
      made["text"] = `<${message.role}>${made["text"]}</${message.role}>`;
    turn.parts.push({ part: made, at });
  }
}

const placeholder = (): Placed => ({ part: { text: "(start)" }, at: "messages" });
const empty = (role: Turn["role"]): Turn => ({ role, results: [], parts: [], media: [], calls: [] });

/** What the API demands of the list as a whole. */
function repair(turns: Turn[], leading: readonly Message[], scope: Scope): void {
  const { losses } = scope;
  for (const [index, turn] of turns.entries()) {
    const places = new Map<string, number>();
    for (const [place, id] of (turns[index - 1]?.calls ?? []).entries()) if (!places.has(id)) places.set(id, place);
    turn.results.sort((a, b) => (places.get(a.id) ?? -1) - (places.get(b.id) ?? -1));
  }
  if (turns.length === 0) {
    const turn = empty("user");
    const said = leading.flatMap((message) => message.content).filter((part) => part.type === "text");
    for (const part of said) {
      for (const made of encodePart(part, "messages[0]", scope)) turn.parts.push({ part: made, at: "messages[0]" });
    }
    if (turn.parts.length === 0) turn.parts.push(placeholder());
    losses.approximate("system_as_user", "messages", "this API needs a user's content; the system text was sent as one.");
    turns.push(turn);
  } else if (turns[0]?.role === "model") {
    losses.repair("leading_user_added", "messages[0]", "this API's conversations begin with the user.");
    turns.unshift({ ...empty("user"), parts: [placeholder()] });
  }
  if (turns.at(-1)?.role === "model") {
    losses.approximate("prefill_not_continued", "messages", "this API answers the last content; it may not go on with it.");
  }
}

const write = ({ role, results, parts, media }: Turn): Json => ({
  role,
  parts: [...results.map(({ part }) => part), ...media, ...parts.map(({ part }) => part)],
});
