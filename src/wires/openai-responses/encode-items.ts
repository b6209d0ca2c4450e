import type { Message } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Part, ReasoningPart, ToolCallPart, ToolResultPart } from "../../canonical/parts.ts";
import { digest } from "../shared/names.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { encodePart, isOwn, spelledMembers } from "./encode-parts.ts";
import { isMadeReasoning } from "./made-ids.ts";
import { reasoningItem } from "./reasoning.ts";
import type { Scope } from "./scope.ts";

/** `field=word` and `field=null`. */
const anyMember = /^\w+=[^[]/;
/** Of a message: its parts spell their own nulls. */
const formalMember = /^(?:status|phase|id)=/;

/** Canonical messages as input items, in their order; `first` is the number of the first one among all. Takes a history that `validateHistory` has passed. */
export function encodeItems(messages: readonly Message[], scope: Scope, first = 0): readonly JsonObject[] {
  const custom = new Set<string>();
  const items: JsonObject[] = [];
  for (const [index, message] of messages.entries()) {
    for (const part of message.content) if (part.type === "tool-call" && part.kind === "custom") custom.add(part.id);
    encodeMessage(message, `messages[${first + index}]`, custom, items, scope);
  }
  return items;
}

/** A message's parts as items: calls, results, reasoning and hosted items stand alone; what is said between them is a message. */
function encodeMessage(message: Message, at: string, custom: ReadonlySet<string>, items: JsonObject[], scope: Scope): void {
  const content = scope.native ? message.content : resultsFirst(message.content);
  let said: Said[] = [];
  let thoughts: ReasoningPart[] = [];
  const before = items.length;
  const add = (item: JsonObject | undefined): void => {
    if (item !== undefined) items.push(item);
  };
  const flush = (): void => {
    if (said.length > 0) speak(message, said, at, items, scope);
    if (thoughts.length > 0) add(encodeThoughts(thoughts, at, scope));
    said = [];
    thoughts = [];
  };
  for (const [index, part] of content.entries()) {
    const where = `${at}.content[${index}]`;
    if (part.type === "reasoning") {
      // What is encrypted comes last in its item.
      const other = thoughts.length > 0 && (thoughts[0]?.itemId !== part.itemId || thoughts.at(-1)?.encrypted !== undefined);
      if (said.length > 0 || other) flush();
      thoughts.push(part);
      continue;
    }
    if (!stands(part, message)) {
      if (thoughts.length > 0 || (said.length > 0 && said[0]?.part.itemId !== part.itemId)) flush();
      said.push({ part, at: where });
      continue;
    }
    flush();
    if (part.type === "tool-call") add(encodeCall(part, where, scope));
    else if (part.type === "tool-result") add(encodeResult(part, where, custom, scope));
    else add(encodePart(part, "input_text", where, scope));
  }
  flush();
  if (content.length === 0 && scope.native) speak(message, [], at, items, scope);
  else if (!scope.native && message.extra !== undefined && items.length === before) restore({}, message.extra, at, scope);
}

/** Nothing may be said between calls and their results. */
function resultsFirst(content: readonly Part[]): readonly Part[] {
  const results = content.filter(({ type }) => type === "tool-result");
  return results.length === 0 ? content : [...results, ...content.filter(({ type }) => type !== "tool-result")];
}

interface Said {
  readonly part: Part;
  readonly at: string;
}

/** Whether the part is an item of its own. An opaque part alone in its message is one; among others it is content. */
const stands = (part: Part, { content }: Message): boolean =>
  part.type === "tool-call" ||
  part.type === "tool-result" ||
  (part.type === "opaque" && (content.length === 1 || !/^(?:input|output)_/.test(part.kind)));

function speak(message: Message, said: readonly Said[], at: string, items: JsonObject[], scope: Scope): void {
  const { native } = scope;
  const role = roleOf(message, at, scope);
  const usual = role === "assistant" ? "output_text" : "input_text";
  const content = said.flatMap<JsonObject>(({ part, at: where }) => {
    if (!native && blank(part, where, scope)) return [];
    return encodePart(part, usual, where, scope) ?? [];
  });
  if (content.length === 0 && !native) return;
  if (message.name !== undefined) scope.losses.drop("message_name_dropped", `${at}.name`, "messages have no names here.");
  if (!native) {
    restore({}, message.extra, at, scope);
    if (role === "assistant") {
      const phase = spelledMembers(said[0]?.part.as, /^phase=/);
      for (const part of content) items.push({ ...assistantItem(part, at, scope), ...phase });
    } else items.push({ role, content: plain(content) ?? content });
    return;
  }
  const { as } = message;
  const itemId = said[0]?.part.itemId;
  // A part of an answer, put back into a message of another form: its item was an output message.
  const whole = role === "assistant" && itemId !== undefined && as === undefined;
  const made: JsonObject = {
    ...((whole || spelled(as, "typed")) && { type: "message" }),
    ...(whole && { status: "completed" }),
    ...(itemId !== undefined && { id: itemId }),
    role,
    content: (spelled(as, "string") ? plain(content) : undefined) ?? content,
    ...spelledMembers(as, formalMember),
    ...spelledMembers(said[0]?.part.as, formalMember),
  };
  items.push(restore(made, message.extra, at, scope));
}

/** What an assistant said, as the API takes it from those who never had an item for it: text plainly, a refusal in a whole item. */
function assistantItem(part: JsonObject, at: string, { losses }: Scope): JsonObject {
  if (part["type"] === "output_text") return { role: "assistant", content: part["text"] };
  const id = `msg_${digest(`${at} ${JSON.stringify(part)}`)}`;
  if (part["type"] === "refusal") return { type: "message", id, role: "assistant", status: "completed", content: [part] };
  losses.approximate("assistant_media_moved", at, "earlier answers hold text only in this API; sent in a user message.");
  return { role: "user", content: [part] };
}

function roleOf(message: Message, at: string, { target, losses }: Scope): string {
  if (message.role === "tool") return "user";
  if (message.role !== "developer" || target.quirks.developerRole !== false) return message.role;
  losses.approximate("developer_role_as_system", `${at}.role`, "the provider does not know the developer role.");
  return "system";
}

function blank(part: Part, at: string, { losses }: Scope): boolean {
  if (part.type !== "text" || part.text.trim() !== "") return false;
  losses.repair("empty_text_removed", at, "an empty text says nothing.");
  return true;
}

/** The text of a single plain part. */
function plain(content: readonly JsonObject[]): Json | undefined {
  const [only, ...more] = content;
  const bare = only !== undefined && more.length === 0 && Object.keys(only).length === 2;
  return bare && (only["type"] === "input_text" || only["type"] === "output_text") ? only["text"] : undefined;
}

/** Earlier reasoning goes back to its maker only, and only where it says something without the maker's memory. */
function encodeThoughts(parts: readonly ReasoningPart[], at: string, scope: Scope): JsonObject | undefined {
  const { native, losses } = scope;
  const own = parts.filter(
    (part) => (native && part.origin === undefined) || (part.origin !== undefined && isOwn(part.origin, scope)),
  );
  if (own.length < parts.length) {
    const maker = parts.find((part) => !own.includes(part))?.origin;
    losses.drop(
      "reasoning_dropped",
      at,
      `earlier reasoning of ${maker?.provider ?? maker?.wire ?? "another API"} cannot be sent here.`,
    );
  }
  if (own.length === 0) return undefined;
  const item = reasoningItem(own);
  if (isMadeReasoning(item)) {
    losses.drop("reasoning_dropped", at, "earlier reasoning of another API cannot be sent here.");
    return undefined;
  }
  if (!native && item["encrypted_content"] === undefined && item["content"] === undefined) {
    losses.drop("reasoning_dropped", at, "its maker keeps this reasoning itself, and gave only a summary of it.");
    return undefined;
  }
  if (!native) return restore(item, own[0]?.extra, at, { native: true, losses });
  return restore({ ...item, ...spelledMembers(own[0]?.as, anyMember) }, own[0]?.extra, at, scope);
}

function encodeCall(part: ToolCallPart, at: string, scope: Scope): JsonObject {
  const { native } = scope;
  const custom = part.kind === "custom";
  const written = part.arguments === "" && !native && !custom ? "{}" : part.arguments;
  const made: JsonObject = {
    type: custom ? "custom_tool_call" : "function_call",
    ...(native && part.itemId !== undefined && { id: part.itemId }),
    call_id: scope.callIds.fit(part.id),
    name: scope.toolNames.fit(part.name),
    ...(native && part.namespace !== undefined && { namespace: part.namespace }),
    [custom ? "input" : "arguments"]: written,
    ...(native && spelledMembers(part.as, anyMember)),
  };
  if (part.cache !== undefined) ignoreCache(at, scope);
  return restore(made, part.extra, at, scope);
}

const ignoreCache = (at: string, { losses }: Scope): void =>
  losses.ignore("cache_control_ignored", at, "this API caches prompts by itself and takes no breakpoints here.");

function encodeResult(part: ToolResultPart, at: string, custom: ReadonlySet<string>, scope: Scope): JsonObject {
  const { native, losses } = scope;
  const content = part.content.flatMap<JsonObject>(
    (inner, index) => encodePart(inner, "input_text", `${at}.content[${index}]`, scope) ?? [],
  );
  const bare = plain(content) ?? (content.length === 0 ? "" : undefined);
  const output = native && !spelled(part.as, "string") ? content : (bare ?? content);
  if (part.isError) {
    losses.ignore("tool_error_flag_ignored", `${at}.is_error`, "this API does not mark failed tool results; their text is kept.");
  }
  if (part.cache !== undefined) ignoreCache(at, scope);
  const made: JsonObject = {
    type: custom.has(part.toolCallId) || spelled(part.as, "custom") ? "custom_tool_call_output" : "function_call_output",
    ...(native && part.itemId !== undefined && { id: part.itemId }),
    call_id: scope.callIds.fit(part.toolCallId),
    output,
    ...(native && spelledMembers(part.as, anyMember)),
  };
  return restore(made, part.extra, at, scope);
}
