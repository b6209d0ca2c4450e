import type { ChatRequest, Message } from "../../canonical/chat.ts";
import type { Json } from "../../canonical/json.ts";
import { validateHistory } from "../shared/history.ts";
import { encodePart, encodeParts, mergeExtra } from "./encode-blocks.ts";
import type { Scope } from "./scope.ts";
import { type Draft, spelled } from "./spelling.ts";

/** A message under construction. */
interface Turn {
  readonly role: "user" | "assistant" | "system";
  blocks: Draft[];
  readonly from: Message;
  merged: boolean;
}

export interface History {
  readonly system: Json | undefined;
  readonly messages: readonly Draft[];
}

/**
 * The conversation as Anthropic takes it: leading system text apart; results of a turn merged, in the order of the calls,
 * first in the next user message; messages of one role in a row merged; no empty text. What came from this wire keeps its form
 * where it is legal. Throws `invalid_request` for orphaned calls and results.
 */
export function encodeHistory(request: ChatRequest, scope: Scope): History {
  const { messages } = request;
  validateHistory(messages);
  const spoken = messages.findIndex((message) => !isSystem(message) || spelled(message.as, "turn"));
  const first = spoken === -1 ? messages.length : spoken;
  const leading = messages.slice(0, first);
  const turns: Turn[] = [];
  messages.slice(first).forEach((message, index) => {
    addTurn(turns, message, `messages[${first + index}]`, scope);
  });
  const systemOnly = turns.length === 0;
  if (!scope.native) {
    repair(turns, leading, scope);
    renameRepeatedIds(turns, scope);
  }
  turns.forEach((turn, index) => {
    const before = turns[index - 1];
    if (turn.role === "user" && before?.role === "assistant") arrangeResults(turn, before, scope);
  });
  return {
    system: scope.native || !systemOnly ? encodeSystem(leading, scope) : undefined,
    messages: turns.map((turn) => write(turn, scope)),
  };
}

const isSystem = (message: Message): boolean => message.role === "system" || message.role === "developer";

function addTurn(turns: Turn[], message: Message, at: string, scope: Scope): void {
  const own = isSystem(message) && spelled(message.as, "turn");
  const role = message.role === "assistant" ? "assistant" : own ? "system" : "user";
  const blocks = [...encodeParts(message.content, `${at}.content`, scope)];
  if (isSystem(message) && !own) tag(blocks, message, at, scope);
  if (message.name !== undefined) scope.losses.drop("message_name_dropped", `${at}.name`, "Anthropic's messages have no names");
  if (!scope.native) scope.losses.dropUnknown(message.extra, at, "Anthropic's messages have no such member");
  const last = turns.at(-1);
  if (scope.native) turns.push({ role, blocks, from: message, merged: false });
  else if (blocks.length === 0) scope.losses.repair("empty_message_removed", at, "nothing of it can be sent to Anthropic");
  else if (last?.role === role) {
    for (const block of blocks) last.blocks.push(block);
    last.merged = true;
  } else turns.push({ role, blocks, from: message, merged: false });
}

/** System text amid the conversation keeps its place, as marked text of the user. */
function tag(blocks: Draft[], message: Message, at: string, scope: Scope): void {
  scope.losses.approximate("system_in_conversation", at, "Anthropic's system text stands at the start; sent as marked user text");
  for (const block of blocks) {
    if (block["type"] === "text" && typeof block["text"] === "string")
      block["text"] = `<${message.role}>${block["text"]}</${message.role}>`;
  }
}

/** What the API demands of the list as a whole. */
function repair(turns: Turn[], leading: readonly Message[], scope: Scope): void {
  const from: Message = { role: "user", content: [] };
  if (turns.length === 0) {
    const text = leading.flatMap((message) => encodeParts(message.content, "messages[0].content", scope));
    scope.losses.approximate("system_as_user", "messages", "Anthropic needs a user message; the system text was sent as one");
    turns.push({ role: "user", blocks: text.length > 0 ? text : [placeholder()], from, merged: true });
  }
  if (turns[0]?.role === "assistant") {
    scope.losses.repair("leading_user_added", "messages[0]", "Anthropic's conversations begin with the user");
    turns.unshift({ role: "user", blocks: [placeholder()], from, merged: true });
  }
  const last = turns.at(-1);
  const tail = last?.blocks.at(-1);
  if (last?.role === "assistant" && tail?.["type"] === "text" && typeof tail["text"] === "string" && /\s$/.test(tail["text"])) {
    tail["text"] = tail["text"].trimEnd();
    scope.losses.repair("trailing_space_removed", "messages", "Anthropic refuses white space at the end of a prefilled answer");
  }
}

/** Some providers count their calls anew in every turn; Anthropic wants each id once in a conversation. */
function renameRepeatedIds(turns: readonly Turn[], scope: Scope): void {
  const seen = new Set<Json>();
  turns.forEach((turn, index) => {
    if (turn.role !== "assistant") return;
    const renamed = new Map<Json | undefined, Json>();
    for (const call of turn.blocks) {
      if (call["type"] !== "tool_use" || typeof call["id"] !== "string") continue;
      const { id } = call;
      if (seen.has(id)) {
        call["id"] = `${id}_${index}`;
        renamed.set(id, call["id"]);
        scope.losses.repair("tool_call_id_repeated", `messages`, `the id ${id} names calls of several turns; one was renamed`);
      }
      seen.add(call["id"]);
    }
    for (const result of renamed.size > 0 ? (turns[index + 1]?.blocks ?? []) : []) {
      const id = renamed.get(result["tool_use_id"]);
      if (id !== undefined) result["tool_use_id"] = id;
    }
  });
}

const placeholder = (): Draft => ({ type: "text", text: "(start)" });

const isResult = (block: Draft): boolean => block["type"] === "tool_result";

function arrangeResults(turn: Turn, before: Turn, scope: Scope): void {
  const firstOther = turn.blocks.findIndex((block) => !isResult(block));
  const leads = firstOther === -1 || !turn.blocks.slice(firstOther).some(isResult);
  if (scope.native && leads) return;
  const order = new Map<Json | undefined, number>();
  for (const [index, block] of before.blocks.entries()) if (block["type"] === "tool_use") order.set(block["id"], index);
  const place = (result: Draft): number => order.get(result["tool_use_id"]) ?? -1;
  const results = turn.blocks.filter(isResult).sort((a, b) => place(a) - place(b));
  turn.blocks = [...results, ...turn.blocks.filter((block) => !isResult(block))];
}

function write(turn: Turn, scope: Scope): Draft {
  const only = turn.blocks.length === 1 && !turn.merged ? turn.blocks[0] : undefined;
  const text = only && spelled(turn.from.as, "string") ? plain(only) : undefined;
  const message: Draft = { role: turn.role, content: text ?? turn.blocks };
  if (scope.native && turn.from.extra !== undefined) mergeExtra(message, turn.from.extra);
  return message;
}

/** The block's text where it bears nothing else. */
function plain(block: Draft): string | undefined {
  return block["type"] === "text" && typeof block["text"] === "string" && Object.keys(block).length === 2
    ? block["text"]
    : undefined;
}

function encodeSystem(leading: readonly Message[], scope: Scope): Json | undefined {
  const blocks: Draft[] = [];
  leading.forEach((message, index) => {
    message.content.forEach((part, inner) => {
      const at = `messages[${index}].content[${inner}]`;
      if (part.type === "text" || scope.native)
        blocks.push(...[encodePart(part, at, scope)].filter((block) => block !== undefined));
      else scope.losses.drop("system_part_dropped", at, "Anthropic's system text is text only");
    });
    if (message.name !== undefined)
      scope.losses.drop("message_name_dropped", `messages[${index}].name`, "Anthropic's messages have no names");
  });
  const only = leading.length === 1 && spelled(leading[0]?.as, "string") && blocks.length === 1 ? blocks[0] : undefined;
  if (only) return plain(only) ?? [only];
  return blocks.length > 0 || (scope.native && leading.length > 0) ? blocks : undefined;
}
