import type { Message, Role } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Origin, Part, ToolCallPart, ToolResultPart } from "../../canonical/parts.ts";
import { others, refuse, text, wantList, wantObject, wantText } from "../shared/read.ts";
import { decodeContent } from "./decode-parts.ts";
import { origin } from "./name.ts";
import { reasoningParts } from "./reasoning.ts";

/*
 * Input items, one canonical message each: assistant messages in a row are one turn, so other wires join what belongs
 * together, and this one finds its items again. Forms are kept in `as`: of a message `typed` (its type was stated), `string`
 * (its content was one), `member=word` and `member=null` for members that only say how an item stands.
 */

/** Members of an item that are matters of form. */
const formal = ["status", "phase", "id"];

/** `input`: a string, or a list of items. */
export function decodeInput(value: Json | undefined): readonly Message[] {
  if (typeof value === "string") return [{ role: "user", content: [{ type: "text", text: value }], as: "string" }];
  if (!isArray(value)) return refuse("input", "a string or a list of items");
  const hosted = hostedCalls(value);
  return value.map((item, index) => decodeItem(wantObject(item, `input[${index}]`), `input[${index}]`, hosted));
}

/** Ids of calls of tools that only this API knows (tool_search_call …): so are the outputs that answer them. */
function hostedCalls(items: readonly Json[]): ReadonlySet<Json> {
  const found = new Set<Json>();
  for (const item of items) {
    if (!isObject(item) || typeof item["call_id"] !== "string") continue;
    const type = text(item["type"]) ?? "";
    if (type !== "function_call" && type !== "custom_tool_call" && !type.endsWith("_output")) found.add(item["call_id"]);
  }
  for (const item of items) {
    if (isObject(item) && item["type"] === "function_call" && item["call_id"] !== undefined) found.delete(item["call_id"]);
  }
  return found;
}

function decodeItem(item: JsonObject, at: string, hosted: ReadonlySet<Json>): Message {
  const type = item["type"] ?? undefined;
  if (type === undefined && item["role"] !== undefined) return decodeMessage(item, at);
  if (type === undefined && typeof item["id"] === "string") return only("assistant", opaque(item, "item_reference"));
  switch (wantText(type, `${at}.type`)) {
    case "message":
      return decodeMessage(item, at);
    case "function_call":
      return only("assistant", call(item, at, "function", "arguments"));
    case "custom_tool_call":
      return only("assistant", call(item, at, "custom", "input"));
    case "function_call_output":
      if (hosted.has(item["call_id"] ?? null)) return only("user", opaque(item, "function_call_output"));
      return result(item, at, false);
    case "custom_tool_call_output":
      return result(item, at, true);
    case "reasoning":
      return { role: "assistant", content: reasoningParts(item, origin, true) };
    default:
      return only(speaker(item), opaque(item, wantText(type, `${at}.type`)));
  }
}

const only = (role: Role, part: Part): Message => ({ role, content: [part] });
const opaque = (value: JsonObject, kind: string, from: Origin = origin): Part => ({ type: "opaque", origin: from, kind, value });

/** Outputs and answers come from the caller; all else the model or its provider did. */
const speaker = ({ type, role }: JsonObject): Role =>
  role === "developer" || role === "system" || role === "user"
    ? role
    : /_(?:output|response)$/.test(text(type) ?? "")
      ? "user"
      : "assistant";

const roles = new Set(["user", "assistant", "system", "developer"]);
const isRole = (role: Json | undefined): role is Exclude<Role, "tool"> => typeof role === "string" && roles.has(role);
const messageMembers = ["type", "role", "content"];

function decodeMessage(item: JsonObject, at: string): Message {
  const { role, content } = item;
  if (!isRole(role)) return refuse(`${at}.role`, "one of user, assistant, system, developer");
  const form = item["type"] === undefined ? [] : ["typed"];
  const { itemId, read } = formOf(item, form);
  let parts: readonly Part[];
  if (typeof content === "string") {
    form.push("string");
    parts = [{ type: "text", text: content }];
  } else if (isArray(content))
    parts = decodeContent(content, `${at}.content`, role === "assistant" ? "output_text" : "input_text");
  else return refuse(`${at}.content`, "a string or a list of parts");
  // An id needs a part to stand on.
  const homeless = itemId !== undefined && parts.length === 0 ? { id: itemId } : undefined;
  const extra = { ...others(item, new Set([...messageMembers, ...read])), ...homeless };
  return {
    role,
    content: itemId === undefined ? parts : parts.map((part) => ({ ...part, itemId })),
    ...(form.length > 0 && { as: form.join(" ") }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** Takes note of an item's formal members. */
function formOf(item: JsonObject, form: string[]): { readonly itemId?: string; readonly read: string[] } {
  const read: string[] = [];
  for (const member of formal) {
    const value = item[member];
    if (value === null) form.push(`${member}=null`);
    else if (typeof value !== "string" || !/^\S+$/.test(value)) continue;
    else if (member !== "id") form.push(`${member}=${value}`);
    read.push(member);
  }
  const itemId = text(item["id"]);
  return { ...(itemId !== undefined && read.includes("id") && { itemId }), read };
}

function call(item: JsonObject, at: string, kind: "function" | "custom", body: string): ToolCallPart {
  const form: string[] = [];
  const { itemId, read } = formOf(item, form);
  const namespace = text(item["namespace"]);
  if (namespace !== undefined) read.push("namespace");
  const extra = others(item, new Set(["type", "call_id", "name", body, ...read]));
  return {
    type: "tool-call",
    id: wantText(item["call_id"], `${at}.call_id`),
    name: wantText(item["name"], `${at}.name`),
    arguments: wantText(item[body], `${at}.${body}`),
    ...(kind === "custom" && { kind }),
    ...(namespace !== undefined && { namespace }),
    ...(itemId !== undefined && { itemId }),
    ...(form.length > 0 && { as: form.join(" ") }),
    ...(extra && { extra }),
  };
}

function result(item: JsonObject, at: string, custom: boolean): Message {
  const { output } = item;
  const form = custom ? ["custom"] : [];
  const { itemId, read } = formOf(item, form);
  let content: readonly Part[];
  if (typeof output === "string") {
    form.push("string");
    content = [{ type: "text", text: output }];
  } else content = decodeContent(wantList(output, `${at}.output`), `${at}.output`, "input_text");
  const extra = others(item, new Set(["type", "call_id", "output", ...read]));
  const part: ToolResultPart = {
    type: "tool-result",
    toolCallId: wantText(item["call_id"], `${at}.call_id`),
    content,
    ...(itemId !== undefined && { itemId }),
    ...(form.length > 0 && { as: form.join(" ") }),
    ...(extra && { extra }),
  };
  return only("tool", part);
}
