import type { Json, JsonObject } from "../../canonical/json.ts";
import type { AudioPart, CacheMark, DocumentPart, ImagePart, MediaSource, Part, VideoPart } from "../../canonical/parts.ts";
import { dataUrl, formatOf } from "../shared/media.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { documentText, nameFor, urlOf } from "../shared/openai/media.ts";
import { isOwn, name } from "./name.ts";
import type { Scope } from "./scope.ts";

/*
 * Canonical content parts as parts of a message. What cannot be said is reported and gives undefined.
 */

/** A cache mark in the spelling it came in; of another wire it is ignored, reported once per request. */
export function cacheMembers(cache: CacheMark | undefined, as: string | undefined, at: string, scope: Scope): JsonObject {
  if (cache === undefined) return {};
  if (!scope.native) {
    scope.losses.ignore("cache_control_ignored", at, "this API caches prompts by itself and takes no breakpoints.");
    return {};
  }
  if (spelled(as, "prompt_cache_breakpoint")) return { prompt_cache_breakpoint: { mode: "explicit" } };
  return { cache_control: { type: "ephemeral", ...(cache.ttl && { ttl: cache.ttl }) } };
}

/** One part for a message's content. Tool calls, tool results and reasoning of other forms are no content parts. */
export function encodePart(part: Part, at: string, scope: Scope): JsonObject | undefined {
  const made = encodeContent(part, at, scope);
  if (made === undefined) return undefined;
  return restore({ ...made, ...cacheMembers(part.cache, part.as, at, scope) }, part.extra, at, scope);
}

function encodeContent(part: Part, at: string, scope: Scope): JsonObject | undefined {
  const { losses, target } = scope;
  switch (part.type) {
    case "text":
      if (part.citations !== undefined && part.citations.length > 0) {
        losses.ignore("citations_ignored", at, "this API takes no citations on earlier answers; their text is kept.");
      }
      return { type: "text", text: part.text };
    case "refusal":
      return { type: "refusal", refusal: part.text };
    case "image":
      return image(part, at, scope);
    case "audio":
      return audio(part, at, scope);
    case "video":
      return video(part, at, scope);
    case "document":
      return document(part, at, scope);
    case "reasoning":
      if (part.origin?.wire === name && spelled(part.as, "thinking")) {
        return { type: "thinking", thinking: [{ type: "text", text: part.text }] };
      }
      losses.drop("reasoning_dropped", at, "this API takes no earlier reasoning back.");
      return undefined;
    case "opaque":
      if (isOwn(part.origin, target.provider)) return part.value;
      losses.drop(
        "part_dropped",
        at,
        `a part of type ${part.kind} means something to ${part.origin.provider ?? part.origin.wire} only.`,
      );
      return undefined;
    case "tool-call":
    case "tool-result":
      losses.drop("part_dropped", at, `a ${part.type} cannot stand in this message.`);
      return undefined;
  }
}

function image(part: ImagePart, at: string, { losses, native }: Scope): JsonObject | undefined {
  const url = urlOf(part.source);
  // A bucket's address (gs://, s3://) means something to its own cloud only.
  if (url === undefined || !(native || /^(?:https?|data):/i.test(url))) {
    losses.drop("image_dropped", at, "an image can be sent to this API as a URL or as base64 data only.");
    return undefined;
  }
  if (spelled(part.as, "string")) return { type: "image_url", image_url: url };
  return { type: "image_url", image_url: { url, ...(part.detail !== undefined && { detail: part.detail }) } };
}

function video(part: VideoPart, at: string, { losses, native }: Scope): JsonObject | undefined {
  const url = urlOf(part.source);
  if (url === undefined || !native) {
    losses.drop("video_dropped", at, "this API takes no video.");
    return undefined;
  }
  return { type: "video_url", video_url: { url } };
}

function audio(part: AudioPart, at: string, { losses }: Scope): JsonObject | undefined {
  const { source } = part;
  if (spelled(part.as, "string") && source !== undefined) {
    return { type: "input_audio", input_audio: source.kind === "base64" ? bareOrUrl(source, part) : (urlOf(source) ?? "") };
  }
  if (source?.kind !== "base64") {
    losses.drop("audio_dropped", at, "audio can be sent to this API as base64 data only.");
    return undefined;
  }
  const format = part.format ?? formatOf(source.mediaType);
  return { type: "input_audio", input_audio: { data: source.data, format } };
}

/** A bare base64 text had no media type of its own; a data URL had. */
const bareOrUrl = (source: Extract<MediaSource, { kind: "base64" }>, part: AudioPart): Json =>
  spelled(part.as, "url") ? dataUrl(source) : source.data;

function document(part: DocumentPart, at: string, scope: Scope): JsonObject | undefined {
  const { losses, native } = scope;
  const { source, title, as } = part;
  if (part.context !== undefined) losses.drop("document_context_dropped", `${at}.context`, "documents have no context here.");
  if (part.citations) losses.ignore("document_citations_ignored", `${at}.citations`, "this API cites no documents.");
  if (spelled(as, "document_url")) {
    const url = urlOf(source);
    if (url !== undefined)
      return { type: "document_url", document_url: url, ...(title !== undefined && { document_name: title }) };
  }
  const named = title === undefined ? {} : { filename: title };
  const id = as?.split(" ").find((token) => token.startsWith("file_id="));
  const both = id === undefined ? {} : { file_id: id.slice(8) };
  switch (source.kind) {
    case "base64": {
      const data = spelled(as, "bare") ? source.data : dataUrl(source);
      return {
        type: "file",
        file: { ...both, file_data: data, ...(native ? named : { filename: title ?? nameFor(source.mediaType) }) },
      };
    }
    case "url":
      if (native) return { type: "file", file: { ...both, file_data: source.url, ...named } };
      losses.drop("document_dropped", at, "a document can be sent to this API as base64 data only, not as a URL.");
      return undefined;
    case "file":
      if (native) return { type: "file", file: { file_id: source.id, ...named } };
      losses.drop("document_dropped", at, "the file lies with another provider; send its content instead.");
      return undefined;
    case "text":
    case "parts":
      return { type: "text", text: documentText(source, title, at, losses) };
  }
}
