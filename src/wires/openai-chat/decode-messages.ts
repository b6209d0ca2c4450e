import type { Message, Role } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part, ReasoningPart, ToolCallPart } from "../../canonical/parts.ts";
import { digest } from "../shared/names.ts";
import { readCache } from "../shared/openai/cache.ts";
import { prefixed } from "../shared/openai/form.ts";
import { list, object, others, refuse, text, wantList, wantObject, wantText } from "../shared/read.ts";
import { decodePart } from "./decode-parts.ts";
import { origin } from "./name.ts";
import { readSeal } from "./seal.ts";

/*
 * Messages. `Message.as` holds, separated by blanks, how the message was spelled: `string`, `null` or `absent` for the content
 * (none of them: a list of parts), `function` for the legacy function role, `cache` where the cache mark of the last part stood
 * on the message itself, `tool_calls=[]` for an empty list, and `field=null` for each named field that was sent as null.
 */

const roles = new Set<string>(["system", "developer", "user", "assistant", "tool", "function"]);
const shared = ["role", "content", "name"];
const known: { readonly [role: string]: ReadonlySet<string> } = {
  system: new Set(shared),
  developer: new Set(shared),
  user: new Set(shared),
  tool: new Set([...shared, "tool_call_id"]),
  function: new Set(shared),
  assistant: new Set([...shared, "refusal", "audio", "tool_calls", "function_call"]),
};

/** Fields in which providers take an assistant message's earlier reasoning back. */
export const reasoningFields = ["reasoning_content", "reasoning", "reasoning_details"] as const;

export function decodeMessages(value: Json | undefined): Message[] {
  const messages: Message[] = [];
  /** Legacy calls have no ids: the id made up for the last one, which the next `function` message answers. */
  let legacyId = "";
  for (const [index, item] of wantList(value, "messages").entries()) {
    const message = decodeMessage(wantObject(item, `messages[${index}]`), `messages[${index}]`, index, legacyId);
    for (const part of message.content) if (part.type === "tool-call" && part.as === "function_call") legacyId = part.id;
    messages.push(message);
  }
  if (messages.length === 0) refuse("messages", "a list of at least one message");
  return messages;
}

function decodeMessage(source: JsonObject, at: string, index: number, legacyId: string): Message {
  const wireRole = wantText(source["role"], `${at}.role`);
  if (!isRole(wireRole)) return refuse(`${at}.role`, "one of system, developer, user, assistant, tool, function");
  const form: string[] = [];
  let content = decodeContent(source, at, form);
  const taken = new Set(known[wireRole]);
  for (const field of taken) if (source[field] === null && field !== "content") form.push(`${field}=null`);

  if (wireRole === "assistant") content = assistantParts(source, at, index, content, taken, form);
  else if (wireRole === "tool") {
    const toolCallId = wantText(source["tool_call_id"], `${at}.tool_call_id`);
    content = [{ type: "tool-result", toolCallId, content }];
  } else if (wireRole === "function") {
    form.push("function");
    content = [{ type: "tool-result", toolCallId: legacyId || legacyCallId(index - 1, ""), content }];
  }

  const extra = others(source, taken);
  const placed = placeCache(content, extra);
  if (placed.onMessage) form.push("cache");
  const name = source["name"];
  if (name !== undefined && name !== null && typeof name !== "string") refuse(`${at}.name`, "a string");
  return {
    role: wireRole === "function" ? "tool" : wireRole,
    content: placed.content,
    ...(typeof name === "string" && { name }),
    ...(form.length > 0 && { as: form.join(" ") }),
    ...(placed.extra && { extra: placed.extra }),
  };
}

const isRole = (role: string): role is Role | "function" => roles.has(role);

function decodeContent(source: JsonObject, at: string, form: string[]): readonly Part[] {
  const content = source["content"];
  if (content === undefined || content === null) {
    if (source["role"] !== "assistant" && source["role"] !== "function" && source["role"] !== "tool") {
      refuse(`${at}.content`, "a string or a list of parts");
    }
    form.push(content === null ? "null" : "absent");
    return [];
  }
  if (typeof content === "string") {
    form.push("string");
    return [{ type: "text", text: content }];
  }
  if (!isArray(content)) return refuse(`${at}.content`, "a string or a list of parts");
  return content.map((part, index) => decodePart(part, `${at}.content[${index}]`));
}

/** Reasoning first, then what was said, then the calls: the order in which they were made. */
function assistantParts(
  source: JsonObject,
  at: string,
  index: number,
  content: readonly Part[],
  taken: Set<string>,
  form: string[],
): readonly Part[] {
  const reasoning = readReasoning(source, taken);
  const parts: Part[] = reasoning ? [reasoning, ...content] : [...content];
  const refusal = source["refusal"];
  if (refusal !== undefined && refusal !== null) {
    parts.push({ type: "refusal", text: wantText(refusal, `${at}.refusal`), as: "field" });
  }
  const audio = source["audio"];
  if (audio !== undefined && audio !== null) {
    const value = wantObject(audio, `${at}.audio`);
    const extra = others(value, new Set(["id"]));
    parts.push({ type: "audio", id: wantText(value["id"], `${at}.audio.id`), ...(extra && { extra }) });
  }
  const call = source["function_call"];
  if (call !== undefined && call !== null) {
    const value = wantObject(call, `${at}.function_call`);
    const name = wantText(value["name"], `${at}.function_call.name`);
    const extra = others(value, new Set(["name", "arguments"]));
    parts.push({
      type: "tool-call",
      id: legacyCallId(index, name),
      name,
      arguments: wantText(value["arguments"], `${at}.function_call.arguments`),
      as: "function_call",
      ...(extra && { extra }),
    });
  }
  const calls = source["tool_calls"];
  if (calls !== undefined && calls !== null) {
    const values = wantList(calls, `${at}.tool_calls`);
    if (values.length === 0) form.push("tool_calls=[]");
    for (const [number, value] of values.entries()) {
      const where = `${at}.tool_calls[${number}]`;
      parts.push(decodeToolCall(wantObject(value, where), where));
    }
  }
  return parts;
}

/** An id for a call that has none, the same on every turn. */
const legacyCallId = (index: number, name: string): string => `call_${digest(`${index} ${name}`)}`;

/**
 * A call of a message. Lenient where the caller repeats what a provider gave it: type and kind may be missing.
 */
function decodeToolCall(call: JsonObject, at: string): Part {
  const type = call["type"];
  const { cache, extra: unread } = readCache(call);
  const custom = type === "custom";
  if (type !== undefined && type !== null && type !== "function" && !custom) {
    return { type: "opaque", origin, kind: "tool_call", value: call };
  }
  const id = wantText(call["id"], `${at}.id`);
  const inner = wantObject(call[custom ? "custom" : "function"], `${at}.${custom ? "custom" : "function"}`);
  const body = custom ? "input" : "arguments";
  const outerRest = others(call, new Set(["id", custom ? "custom" : "function", "cache_control", ...(type ? ["type"] : [])]));
  const innerRest = others(inner, new Set(["name", body]));
  const { seal, extra: outer } = readSeal(outerRest, origin);
  const extra: JsonObject = { ...unread, ...outer, ...prefixed(custom ? "custom" : "function", innerRest) };
  const part: ToolCallPart = {
    type: "tool-call",
    id,
    name: wantText(inner["name"], `${at}.${custom ? "custom" : "function"}.name`),
    arguments: wantText(inner[body], `${at}.${custom ? "custom" : "function"}.${body}`),
    ...(custom && { kind: "custom" }),
    ...(type === undefined && { as: "untyped" }),
    ...(cache && { cache }),
    ...(seal && { seal }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
  return part;
}

/**
 * Earlier reasoning in the fields of OpenAI-like providers, as one part: its text, in `as` the fields it stood in joined by
 * "+", and in `extra` the exact value of each field that is not that text.
 */
function readReasoning(source: JsonObject, taken: Set<string>): ReasoningPart | undefined {
  const found = reasoningFields.filter((field) => typeof source[field] === "string" || isArray(source[field]));
  if (found.length === 0) return undefined;
  let said: string | undefined;
  for (const field of found) said ??= text(source[field]) ?? detailsText(list(source[field]) ?? []);
  const extra: Record<string, Json> = {};
  for (const field of found) {
    taken.add(field);
    const value = source[field];
    if (value !== undefined && value !== said) extra[field] = value;
  }
  return {
    type: "reasoning",
    text: said ?? "",
    origin,
    as: found.join("+"),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** The readable text of OpenRouter's `reasoning_details`. */
export function detailsText(details: readonly Json[]): string {
  let said = "";
  for (const item of details) said += text(object(item)?.["text"]) ?? text(object(item)?.["summary"]) ?? "";
  return said;
}

/** A cache mark that stands on the message itself goes to the message's last part. */
function placeCache(
  content: readonly Part[],
  extra: JsonObject | undefined,
): { readonly content: readonly Part[]; readonly extra?: JsonObject | undefined; readonly onMessage: boolean } {
  const last = content.at(-1);
  if (extra?.["cache_control"] === undefined || last === undefined || last.cache || isObject(last.extra?.["cache_control"])) {
    return { content, extra, onMessage: false };
  }
  const { cache } = readCache({ cache_control: extra["cache_control"] });
  if (cache === undefined) return { content, extra, onMessage: false };
  return {
    content: [...content.slice(0, -1), { ...last, cache }],
    extra: others(extra, new Set(["cache_control"])),
    onMessage: true,
  };
}
