import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Citation, MediaSource, Part } from "../../canonical/parts.ts";
import { boolean, list, object, optional, others, refuse, text, wantList, wantObject, wantText } from "../shared/read.ts";
import { cacheExtra, decodeCache } from "./cache.ts";
import { originalId } from "./ids.ts";
import { origin } from "./name.ts";
import { nullsOf, words } from "./spelling.ts";

/** A caller's content block. Kinds that only Anthropic understands come as opaque parts, whole. */
export function decodeBlock(value: Json, at: string): Part {
  const block = wantObject(value, at);
  const type = wantText(block["type"], `${at}.type`);
  switch (type) {
    case "text":
      return {
        type: "text",
        text: wantText(block["text"], `${at}.text`),
        citations: optional(block["citations"], `${at}.citations`, list, "an array")?.map(citation),
        ...base(block, textMembers, at, nullsOf(block, ["cache_control", "citations"])),
      };
    case "image": {
      const source = imageSource(wantObject(block["source"], `${at}.source`), `${at}.source`);
      return source === undefined ? opaque(type, block) : { type: "image", source, ...base(block, imageMembers, at) };
    }
    case "document":
      return document(block, at);
    case "tool_use":
      return {
        type: "tool-call",
        id: originalId(wantText(block["id"], `${at}.id`)),
        name: wantText(block["name"], `${at}.name`),
        arguments: JSON.stringify(wantObject(block["input"], `${at}.input`)),
        caller: block["caller"],
        ...base(block, toolUseMembers, at),
      };
    case "tool_result":
      return toolResult(block, at);
    case "thinking":
      return {
        type: "reasoning",
        text: wantText(block["thinking"], `${at}.thinking`),
        signature: optional(block["signature"], `${at}.signature`, text, "a string"),
        origin,
        ...base(block, thinkingMembers, at),
      };
    case "redacted_thinking":
      return {
        type: "reasoning",
        text: "",
        redacted: wantText(block["data"], `${at}.data`),
        origin,
        ...base(block, redactedMembers, at),
      };
    default:
      return opaque(type, block);
  }
}

const textMembers = new Set(["type", "text", "citations", "cache_control"]);
const imageMembers = new Set(["type", "source", "cache_control"]);
const documentMembers = new Set(["type", "source", "title", "context", "citations", "cache_control"]);
const toolUseMembers = new Set(["type", "id", "name", "input", "caller", "cache_control"]);
const toolResultMembers = new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]);
const thinkingMembers = new Set(["type", "thinking", "signature"]);
const redactedMembers = new Set(["type", "data"]);

/** The members every part has. */
function base(block: JsonObject, known: ReadonlySet<string>, at: string, nulls = nullsOf(block, ["cache_control"]), form = "") {
  const cache = decodeCache(block, at);
  const as = words(form, nulls);
  const hidden = cacheExtra(block);
  const unknown = others(block, known);
  const extra = hidden === undefined ? unknown : { ...unknown, cache_control: hidden };
  return { ...(cache && { cache }), ...(as !== undefined && { as }), ...(extra && { extra }) };
}

export const opaque = (kind: string, value: JsonObject): Part => ({ type: "opaque", origin, kind, value });

function imageSource(source: JsonObject, at: string): MediaSource | undefined {
  switch (wantText(source["type"], `${at}.type`)) {
    case "base64":
      return {
        kind: "base64",
        mediaType: wantText(source["media_type"], `${at}.media_type`),
        data: wantText(source["data"], `${at}.data`),
      };
    case "url":
      return { kind: "url", url: wantText(source["url"], `${at}.url`) };
    case "file":
      return { kind: "file", id: wantText(source["file_id"], `${at}.file_id`) };
    default:
      return undefined;
  }
}

function document(block: JsonObject, at: string): Part {
  const source = wantObject(block["source"], `${at}.source`);
  const read = documentSource(source, `${at}.source`);
  if (read === undefined) return opaque("document", block);
  const config = optional(block["citations"], `${at}.citations`, object, "an object");
  const form =
    `${config && config["enabled"] === undefined ? "citations" : ""}${typeof source["content"] === "string" ? " string" : ""}`.trim();
  return {
    type: "document",
    source: read,
    title: optional(block["title"], `${at}.title`, text, "a string"),
    context: optional(block["context"], `${at}.context`, text, "a string"),
    citations: config && optional(config["enabled"], `${at}.citations.enabled`, boolean, "a boolean"),
    ...base(block, documentMembers, at, nullsOf(block, ["cache_control", "title", "context", "citations"]), form),
  };
}

function documentSource(source: JsonObject, at: string): MediaSource | undefined {
  if (source["type"] === "text") {
    return {
      kind: "text",
      text: wantText(source["data"], `${at}.data`),
      mediaType: wantText(source["media_type"], `${at}.media_type`),
    };
  }
  if (source["type"] !== "content") return imageSource(source, at);
  const content = source["content"];
  if (typeof content === "string") return { kind: "parts", parts: [{ type: "text", text: content }] };
  return { kind: "parts", parts: decodeBlocks(content, `${at}.content`) };
}

function toolResult(block: JsonObject, at: string): Part {
  const content = block["content"];
  const form = typeof content === "string" ? "string" : content === undefined ? "absent" : "";
  return {
    type: "tool-result",
    toolCallId: originalId(wantText(block["tool_use_id"], `${at}.tool_use_id`)),
    content: decodeContent(content, `${at}.content`),
    isError: optional(block["is_error"], `${at}.is_error`, boolean, "a boolean"),
    ...base(block, toolResultMembers, at, nullsOf(block, ["cache_control", "content", "is_error"]), form),
  };
}

export const decodeBlocks = (value: Json | undefined, at: string): readonly Part[] =>
  wantList(value, at).map((block, index) => decodeBlock(block, `${at}[${index}]`));

/** Content that may be a string, blocks, or nothing. */
function decodeContent(value: Json | undefined, at: string): readonly Part[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [{ type: "text", text: value }];
  return isArray(value) ? decodeBlocks(value, at) : refuse(at, "a string or an array of content blocks");
}

/** A citation in a text block. Lenient: what cannot be read stays in `raw`. */
export function citation(raw: Json): Citation {
  if (!isObject(raw)) return { origin, kind: "other", raw };
  const web = raw["type"] === "web_search_result_location";
  const url = text(raw["url"]) ?? text(raw["source"]);
  return {
    origin,
    kind: web ? "url" : typeof raw["document_index"] === "number" ? "document" : "other",
    url,
    title: text(raw["title"]) ?? text(raw["document_title"]),
    citedText: text(raw["cited_text"]),
    raw,
  };
}
