import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type {
  CacheMark,
  DocumentPart,
  ImagePart,
  MediaSource,
  Origin,
  Part,
  ToolCallPart,
  ToolResultPart,
} from "../../canonical/parts.ts";
import { bareType, readDataUrl } from "../shared/media.ts";
import { encodeCache } from "./cache.ts";
import { legalId } from "./ids.ts";
import { name as wireName } from "./name.ts";
import type { Scope } from "./scope.ts";
import { type Draft, put, spelled, writeNulls } from "./spelling.ts";

/** Whether what only its maker can read may go to a provider: what a caller of this wire sent itself names no provider. */
export const isOwn = (origin: Origin | undefined, provider: string): boolean =>
  origin === undefined || (origin.wire === wireName && (origin.provider === undefined || origin.provider === provider));

/** A part as a content block; none where the wire cannot carry it (reported). */
export function encodePart(part: Part, at: string, scope: Scope): Draft | undefined {
  const { native, losses } = scope;
  if (part.seal !== undefined) losses.drop("seal_dropped", at, "Anthropic has no use for another provider's thought signature");
  switch (part.type) {
    case "text":
      return textBlock(part.text, part, at, scope);
    case "refusal":
      return textBlock(part.text, part, at, scope);
    case "image":
      return finish(image(part, at, scope), part, at, scope);
    case "document":
      return finish(document(part, at, scope), part, at, scope);
    case "tool-call":
      return finish(toolCall(part, at, scope), part, at, scope);
    case "tool-result":
      return finish(toolResult(part, at, scope), part, at, scope);
    case "reasoning": {
      const own = isOwn(part.origin, scope.provider);
      if (own && part.redacted !== undefined) return finish({ type: "redacted_thinking", data: part.redacted }, part, at, scope);
      if (own && (part.signature || native)) {
        return finish({ type: "thinking", thinking: part.text, signature: part.signature ?? "" }, part, at, scope);
      }
      const why = own
        ? "Anthropic takes earlier reasoning only with its signature"
        : `it was made by ${part.origin?.provider ?? part.origin?.wire ?? "another wire"}, and only its maker can read it`;
      losses.drop(own ? "reasoning_dropped" : "reasoning_dropped", at, why);
      return undefined;
    }
    case "opaque":
      if (isOwn(part.origin, scope.provider)) return { ...defined(part.value) };
      losses.drop("part_dropped", at, `only ${part.origin.provider ?? part.origin.wire} understands a part of type ${part.kind}`);
      return undefined;
    case "audio":
      if (part.transcript !== undefined && part.transcript.trim() !== "") {
        losses.approximate("audio_as_transcript", at, "Anthropic takes no audio; its transcript was sent");
        return { type: "text", text: part.transcript };
      }
      losses.drop("audio_dropped", at, "Anthropic takes no audio");
      return undefined;
    case "video":
      losses.drop("video_dropped", at, "Anthropic takes no video");
      return undefined;
  }
}

function textBlock(text: string, part: Extract<Part, { type: "text" | "refusal" }>, at: string, scope: Scope): Draft | undefined {
  if (!scope.native && text.trim() === "") {
    scope.losses.repair("empty_text_removed", at, "Anthropic refuses empty text blocks");
    return undefined;
  }
  const block: Draft = { type: "text", text };
  if (part.type === "text" && part.citations !== undefined) {
    const own = part.citations.filter(
      ({ origin, raw }) => origin.wire === wireName && !(isObject(raw) && raw["encrypted_index"] === ""),
    );
    if (own.length < part.citations.length) {
      scope.losses.ignore("citations_ignored", at, "Anthropic takes back only citations of its own");
    }
    if (own.length > 0 || part.citations.length === 0) block["citations"] = own.map(({ raw }) => raw);
  }
  return finish(block, part, at, scope);
}

const unknown = "Anthropic's blocks have no such member";

/** Adds what every block may bear: the cache mark, members of no specification, explicit nulls. */
function finish(
  block: Draft | undefined,
  part: { readonly cache?: CacheMark | undefined; readonly as?: string | undefined; readonly extra?: JsonObject | undefined },
  at: string,
  scope: Scope,
): Draft | undefined {
  if (block === undefined) return undefined;
  encodeCache(block, part.cache);
  if (part.extra !== undefined) {
    if (scope.native) mergeExtra(block, part.extra);
    else scope.losses.dropUnknown(part.extra, at, unknown);
  }
  if (scope.native) writeNulls(block, part.as);
  return block;
}

/** Puts back members of no specification; those of a nested object into it. */
export function mergeExtra(target: Draft, extra: JsonObject): void {
  for (const [name, value] of Object.entries(extra)) {
    const there = target[name];
    if (isObject(there) && isObject(value)) target[name] = { ...there, ...value };
    else put(target, name, value);
  }
}

const defined = (value: JsonObject): Draft => {
  const copy: Draft = {};
  for (const [name, member] of Object.entries(value)) put(copy, name, member);
  return copy;
};

/** A source both images and documents know; a string says why there is none. */
function mediaSource(source: MediaSource, native: boolean): Draft | string {
  switch (source.kind) {
    case "base64":
      return { type: "base64", media_type: source.mediaType, data: source.data };
    case "url": {
      if (!native && !/^(?:https?|data):/i.test(source.url)) return "it lies where Anthropic cannot fetch it; send its content";
      if (!source.url.startsWith("data:")) return { type: "url", url: source.url };
      const inline = readDataUrl(source.url);
      if (inline === undefined) return "its data: URL is not base64";
      return { type: "base64", media_type: bareType(inline.mediaType), data: inline.data };
    }
    case "file":
      return native ? { type: "file", file_id: source.id } : "a file id means nothing to another provider; send the file itself";
    case "text":
    case "parts":
      return "Anthropic has no place for such a source";
  }
}

function image(part: ImagePart, at: string, scope: Scope): Draft | undefined {
  const source = mediaSource(part.source, scope.native);
  if (typeof source === "string") {
    scope.losses.drop("image_dropped", at, source);
    return undefined;
  }
  if (part.detail !== undefined && part.detail !== "auto") {
    scope.losses.ignore("image_detail_ignored", at, "Anthropic has no resolution hint");
  }
  return { type: "image", source };
}

function document(part: DocumentPart, at: string, scope: Scope): Draft | undefined {
  const source = documentSource(part, at, scope);
  if (typeof source === "string") {
    scope.losses.drop("document_dropped", at, source);
    return undefined;
  }
  const block: Draft = { type: "document", source };
  put(block, "title", part.title === "" ? undefined : part.title);
  put(block, "context", part.context);
  if (part.citations !== undefined) block["citations"] = { enabled: part.citations };
  else if (scope.native && spelled(part.as, "citations")) block["citations"] = {};
  return block;
}

function documentSource(part: DocumentPart, at: string, scope: Scope): Draft | string {
  const { source } = part;
  if (source.kind === "text") return { type: "text", media_type: "text/plain", data: source.text };
  if (source.kind === "parts") {
    const only = source.parts[0];
    if (spelled(part.as, "string") && only?.type === "text") return { type: "content", content: only.text };
    return { type: "content", content: encodeParts(source.parts, `${at}.source.content`, scope) };
  }
  const media = mediaSource(source, scope.native);
  if (typeof media === "string" || scope.native || media["type"] !== "base64") return media;
  const { media_type: type, data } = media;
  if (type === "application/pdf") return media;
  if (typeof type === "string" && type.startsWith("text/") && typeof data === "string") {
    return { type: "text", media_type: "text/plain", data: Buffer.from(data, "base64").toString("utf8") };
  }
  return `Anthropic takes documents as PDF or text, not ${String(type)}`;
}

/** Key under which arguments that are no JSON object are sent back; Anthropic's advice for invalid JSON. */
export const invalidJson = "INVALID_JSON";

function toolCall(part: ToolCallPart, at: string, scope: Scope): Draft {
  const block: Draft = {
    type: "tool_use",
    id: legalId(part.id),
    name: scope.toolNames.fit(part.name),
    input: input(part, at, scope),
  };
  if (part.caller !== undefined) block["caller"] = part.caller;
  return block;
}

function input(part: ToolCallPart, at: string, scope: Scope): Json {
  if (part.kind === "custom") return { input: part.arguments };
  const parsed = parseInput(part.arguments);
  if (parsed !== undefined) return parsed;
  scope.losses.repair("tool_arguments_invalid", at, `the arguments are no JSON object; sent as {"${invalidJson}": …}`);
  return { [invalidJson]: part.arguments };
}

/** A tool's arguments as an object ("" and null count as none); undefined where they are none. */
export function parseInput(text: string): JsonObject | undefined {
  if (text.trim() === "") return {};
  try {
    const value: Json = JSON.parse(text);
    return value === null ? {} : isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toolResult(part: ToolResultPart, at: string, scope: Scope): Draft {
  const block: Draft = { type: "tool_result", tool_use_id: legalId(part.toolCallId) };
  const only = part.content.length === 1 ? part.content[0] : undefined;
  if (only?.type === "text" && spelled(part.as, "string")) block["content"] = only.text;
  else if (part.content.length > 0 || (scope.native && part.as === undefined)) {
    const content = encodeParts(part.content, `${at}.content`, scope);
    if (content.length > 0 || scope.native) block["content"] = content;
  }
  put(block, "is_error", part.isError);
  return block;
}

export const encodeParts = (parts: readonly Part[], at: string, scope: Scope): readonly Draft[] =>
  parts.flatMap<Draft>((part, index) => encodePart(part, `${at}[${index}]`, scope) ?? []);
