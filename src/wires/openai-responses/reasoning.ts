import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import type { OpaquePart, Origin, ReasoningPart } from "../../canonical/parts.ts";
import { spelled } from "../shared/openai/form.ts";
import { object, others, text } from "../shared/read.ts";

/*
 * A reasoning item holds summaries, sometimes the thoughts themselves (`content`), and sometimes all of it encrypted. Each is
 * a part of its own with the item's id, in this order, so that nothing runs together: summaries; thoughts (`as` "content");
 * last what is encrypted. An item with none of them is one empty part.
 */

const members = new Set(["type", "id", "summary", "content", "encrypted_content", "status"]);

/**
 * An item's parts. One whose texts are of other types than the specification names stays whole, as an opaque part.
 *
 * @param formed keep in the first part's `as` how the item was spelled
 */
export function reasoningParts(
  item: JsonObject,
  origin: Origin,
  formed = false,
): readonly ReasoningPart[] | readonly [OpaquePart] {
  const summary = texts(item["summary"], "summary_text");
  const content = texts(item["content"], "reasoning_text");
  if (summary === undefined || content === undefined) return [{ type: "opaque", origin, kind: "reasoning", value: item }];
  const itemId = text(item["id"]) || undefined;
  const base: ReasoningPart = { type: "reasoning", text: "", origin, ...(itemId !== undefined && { itemId }) };
  const parts: ReasoningPart[] = [
    ...summary.map((said) => ({ ...base, text: said, ...(said === "" && { as: "summary" }) })),
    ...content.map((said) => ({ ...base, text: said, as: "content" })),
  ];
  const encrypted = text(item["encrypted_content"]);
  if (encrypted !== undefined) parts.push({ ...base, encrypted });
  const [first = base, ...more] = parts;
  const extra = others(item, members);
  const as = formed ? [first.as, ...form(item)].filter((token) => token !== undefined).join(" ") : (first.as ?? "");
  return [{ ...first, ...(as !== "" && { as }), ...(extra && { extra }) }, ...more];
}

/** The texts of a list whose elements are nothing but texts of that type; undefined where one is something else. */
function texts(value: Json | undefined, type: string): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!isArray(value)) return undefined;
  const found: string[] = [];
  for (const element of value) {
    const part = object(element);
    const said = text(part?.["text"]);
    if (said === undefined || part?.["type"] !== type || Object.keys(part).length !== 2) return undefined;
    found.push(said);
  }
  return found;
}

function form(item: JsonObject): readonly string[] {
  const found: string[] = [];
  if (item["summary"] === undefined) found.push("no-summary");
  if (isArray(item["content"]) && item["content"].length === 0) found.push("content=[]");
  for (const member of ["content", "encrypted_content", "status", "id"]) if (item[member] === null) found.push(`${member}=null`);
  const status = text(item["status"]);
  if (status !== undefined && /^\S+$/.test(status)) found.push(`status=${status}`);
  return found;
}

/** The item that these parts, which stand side by side and bear the same id, came from. */
export function reasoningItem(parts: readonly ReasoningPart[]): Record<string, Json> {
  const as = parts[0]?.as;
  const summary: JsonObject[] = [];
  const content: JsonObject[] = [];
  let encrypted: string | undefined;
  for (const part of parts) {
    if (spelled(part.as, "content")) content.push({ type: "reasoning_text", text: part.text });
    else if (part.text !== "" || spelled(part.as, "summary")) summary.push({ type: "summary_text", text: part.text });
    encrypted = part.encrypted ?? encrypted;
  }
  const item: Record<string, Json> = { type: "reasoning" };
  const id = parts[0]?.itemId;
  if (id !== undefined) item["id"] = id;
  if (!spelled(as, "no-summary")) item["summary"] = summary;
  if (content.length > 0 || spelled(as, "content=[]")) item["content"] = content;
  if (encrypted !== undefined) item["encrypted_content"] = encrypted;
  return item;
}
