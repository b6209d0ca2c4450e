import type { Message } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Part, ReasoningPart, ToolCallPart } from "../../canonical/parts.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { list, text } from "../shared/read.ts";
import { encodeContent, named, nulls } from "./encode-content.ts";
import { cacheMembers } from "./encode-parts.ts";
import { isOwn, name } from "./name.ts";
import type { Scope } from "./scope.ts";
import { sealMembers } from "./seal.ts";

/** An assistant message. Undefined where nothing of it can be said here (all of it is then reported). */
export function encodeAssistant(message: Message, at: string, scope: Scope): JsonObject | undefined {
  const { native, losses } = scope;
  const spoken: Part[] = [];
  const calls: JsonObject[] = [];
  const members: Record<string, Json> = {};
  for (const [index, part] of message.content.entries()) {
    const where = `${at}.content[${index}]`;
    if (part.seal !== undefined && !(part.type === "tool-call" && isOwn(part.seal.origin, scope.target.provider))) {
      losses.drop("seal_dropped", where, "its thought signature means something to its maker only.");
    }
    switch (part.type) {
      case "tool-call":
        if (spelled(part.as, "function_call") && members["function_call"] === undefined) {
          const value = { name: scope.toolNames.fit(part.name), arguments: part.arguments };
          members["function_call"] = restore(value, part.extra, where, scope);
        } else calls.push(encodeCall(part, where, onMessage(message, part, scope), scope));
        break;
      case "reasoning":
        if (spelled(part.as, "thinking") && part.origin?.wire === name) spoken.push(part);
        else encodeReasoning(part, where, members, scope);
        break;
      case "refusal":
        if (members["refusal"] === undefined && (spelled(part.as, "field") || !native)) members["refusal"] = part.text;
        else spoken.push(part);
        break;
      case "audio":
        if (part.id !== undefined && native) members["audio"] = restore({ id: part.id }, part.extra, where, scope);
        else losses.drop("audio_dropped", where, "an earlier spoken answer can be referred to by its own provider only.");
        break;
      case "opaque":
        if (part.kind === "tool_call" && isOwn(part.origin, scope.target.provider)) calls.push(part.value);
        else spoken.push(part);
        break;
      case "text":
        spoken.push(part);
        break;
      case "image":
      case "video":
      case "document":
        if (native) spoken.push(part);
        else losses.drop("assistant_media_dropped", where, "earlier answers hold text only in this API.");
        break;
      case "tool-result":
        losses.drop("part_dropped", where, "a tool result cannot stand in an assistant message.");
        break;
    }
  }
  const { content, marked } = encodeContent(message, spoken, at, scope);
  const says = content !== undefined || calls.length > 0 || Object.keys(members).length > 0;
  if (!says && message.content.length > 0) return undefined;
  const made: JsonObject = {
    role: "assistant",
    ...(content === undefined
      ? silence(message, native, calls.length > 0 || members["function_call"] !== undefined)
      : { content }),
    ...named(message),
    ...nulls(message.as, scope),
    ...members,
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(spelled(message.as, "tool_calls=[]") && { tool_calls: [] }),
    ...marked,
    ...callMark(message, spoken, at, scope),
  };
  return restore(made, message.extra, at, scope);
}

/** The content of a message that says nothing in words. */
function silence(message: Message, native: boolean, calls: boolean): JsonObject {
  if (spelled(message.as, "absent")) return {};
  if (spelled(message.as, "null")) return { content: null };
  if (native && !spelled(message.as, "string")) return { content: [] };
  return { content: calls ? null : "" };
}

/** Whether the part's cache mark stood on the message itself. */
const onMessage = (message: Message, part: Part, { native }: Scope): boolean =>
  native && spelled(message.as, "cache") && part === message.content.at(-1);

/** The mark of a message whose last part stands outside its content (a call, a refusal). */
function callMark(message: Message, spoken: readonly Part[], at: string, scope: Scope): JsonObject {
  const last = message.content.at(-1);
  if (last === undefined || !onMessage(message, last, scope) || spoken.includes(last)) return {};
  return cacheMembers(last.cache, undefined, at, scope);
}

function encodeCall(part: ToolCallPart, at: string, marked: boolean, scope: Scope): JsonObject {
  const id = scope.callIds.fit(part.id);
  const toolName = scope.toolNames.fit(part.name);
  const made: JsonObject =
    part.kind === "custom"
      ? { id, type: "custom", custom: { name: toolName, input: part.arguments } }
      : {
          id,
          ...(spelled(part.as, "untyped") ? {} : { type: "function" }),
          function: { name: toolName, arguments: part.arguments === "" && !scope.native ? "{}" : part.arguments },
        };
  const cache = marked ? {} : cacheMembers(part.cache, part.as, at, scope);
  const sealed = part.seal !== undefined && isOwn(part.seal.origin, scope.target.provider) ? sealMembers(part.seal) : {};
  return restore({ ...made, ...cache, ...sealed }, part.extra, at, scope);
}

/** Earlier reasoning: back into the fields it came in, or into the one the provider reads, or reported as left out. */
function encodeReasoning(part: ReasoningPart, at: string, members: Record<string, Json>, scope: Scope): void {
  const { losses, native, target } = scope;
  const field = target.quirks.reasoningField;
  const own = isOwn(part.origin, target.provider);
  if (own && part.as === "reasoning_details" && part.extra?.["reasoning_details"] === undefined) {
    members["reasoning_details"] = [...(list(members["reasoning_details"]) ?? []), encodeDetail(part)];
    return;
  }
  if (native && own && part.as !== undefined) {
    for (const given of part.as.split(" ")[0]?.split("+") ?? []) {
      const value = part.extra?.[given];
      const plain = given === "reasoning_content" || given === "reasoning";
      members[plain && field !== undefined ? field : given] = value ?? part.text;
    }
    return;
  }
  if (field !== undefined && part.text !== "") {
    members[field] = joined(text(members[field]), part.text);
    if (part.signature !== undefined || part.encrypted !== undefined || part.redacted !== undefined) {
      losses.approximate("reasoning_signature_dropped", at, "the text was sent; its signature means nothing to this provider.");
    }
    return;
  }
  losses.drop("reasoning_dropped", at, "this provider takes no earlier reasoning back, or none of another provider's.");
}

/** One of OpenRouter's details, of an answer that was read before; see `OpenChoice`. */
function encodeDetail({ text: said, signature, encrypted, id, extra }: ReasoningPart): JsonObject {
  const type = text(extra?.["type"]) ?? (encrypted === undefined ? "reasoning.text" : "reasoning.encrypted");
  return {
    type,
    ...(encrypted !== undefined ? { data: encrypted } : { [type === "reasoning.summary" ? "summary" : "text"]: said }),
    ...(signature !== undefined && { signature }),
    ...(id !== undefined && { id }),
    ...extra,
  };
}

const joined = (before: string | undefined, more: string): string => (before === undefined ? more : `${before}\n\n${more}`);
