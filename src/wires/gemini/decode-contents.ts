import type { Message } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { others, refuse, wantList, wantObject } from "../shared/read.ts";
import { CallIds } from "./call-ids.ts";
import { decodePart, textAlone } from "./decode-parts.ts";
import { origin } from "./name.ts";
import { words } from "./spelling.ts";

/*
 * Contents as messages. `Message.as` holds, separated by blanks: `role=…` where the role was another word than the usual one
 * (`role=` for none), and for the parts `single` (one object instead of a list), `none`, or for a bare text `string`.
 */

const known = new Set(["role", "parts"]);

/** The caller's contents. The one content of a request may stand there alone, outside a list, or as a bare text. */
export function decodeContents(value: Json | undefined): readonly Message[] {
  const ids = new CallIds();
  if (typeof value === "string") return [{ role: "user", content: [{ type: "text", text: value }], as: "string" }];
  if (isObject(value)) return [decodeContent(value, "contents", ids, ["alone"])];
  const contents = wantList(value, "contents");
  if (contents.length === 0) refuse("contents", "a list of at least one content");
  return contents.map((item, index) => decodeContent(wantObject(item, `contents[${index}]`), `contents[${index}]`, ids, []));
}

function decodeContent(source: JsonObject, at: string, ids: CallIds, tokens: string[]): Message {
  const { role } = source;
  if (role !== undefined && role !== null && typeof role !== "string") refuse(`${at}.role`, "user or model");
  const word = typeof role === "string" ? role : "";
  if (!roles.has(word)) return refuse(`${at}.role`, "user or model");
  ids.message(word === "model");
  if (word !== "user" && word !== "model") tokens.push(`role=${word}`);
  const own = word === "model" && answersItself(source["parts"]);
  const content = own ? asTheyAre(source["parts"]) : decodeParts(source["parts"], `${at}.parts`, ids, tokens);
  return message(word === "model" ? "assistant" : word === "function" ? "tool" : "user", content, source, tokens);
}

/** Whether the model's content holds results: the provider itself ran the tools, and their calls are nobody's to answer. */
const answersItself = (parts: Json | undefined): boolean =>
  isArray(parts) && parts.some((part) => isObject(part) && (part["functionResponse"] ?? part["function_response"]) !== undefined);

/** Parts of which only the texts mean something to others. */
function asTheyAre(parts: Json | undefined): readonly Part[] {
  return (isArray(parts) ? parts : []).filter(isObject).map((part): Part => {
    const said = textAlone(part);
    if (said !== undefined) return { type: "text", text: said };
    return { type: "opaque", origin, kind: Object.keys(part)[0] ?? "part", value: part };
  });
}

const roles = new Set(["user", "model", "function", ""]);

/** The system instruction: a content whose role means nothing, or a bare text. */
export function decodeSystem(value: Json | undefined): readonly Message[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [{ role: "system", content: [{ type: "text", text: value }], as: "string" }];
  const at = "systemInstruction";
  const source = wantObject(value, at);
  const { role } = source;
  if (role !== undefined && role !== null && typeof role !== "string") refuse(`${at}.role`, "a string");
  const tokens = typeof role === "string" ? [`role=${role}`] : [];
  const content = decodeParts(source["parts"], `${at}.parts`, new CallIds(), tokens);
  return [message("system", content, source, tokens)];
}

function message(role: Message["role"], content: readonly Part[], source: JsonObject, tokens: readonly string[]): Message {
  const as = words(tokens, new Set());
  const extra = others(source, known);
  return { role, content, ...(as !== undefined && { as }), ...(extra && { extra }) };
}

function decodeParts(value: Json | undefined, at: string, ids: CallIds, tokens: string[]): readonly Part[] {
  if (value === undefined || value === null) {
    tokens.push("none");
    return [];
  }
  if (isObject(value)) {
    tokens.push("single");
    return [decodePart(value, at, ids)];
  }
  if (!isArray(value)) return refuse(at, "a list of parts");
  return value.map((part, index) => decodePart(part, `${at}[${index}]`, ids));
}
