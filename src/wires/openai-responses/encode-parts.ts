import type { JsonObject } from "../../canonical/json.ts";
import type { CacheMark, DocumentPart, ImagePart, MediaSource, Origin, Part, TextPart } from "../../canonical/parts.ts";
import { dataUrl, formatOf } from "../shared/media.ts";
import { restore, spelled } from "../shared/openai/form.ts";
import { documentText, nameFor, urlOf } from "../shared/openai/media.ts";
import { encodeCitation } from "./citations.ts";
import { name } from "./name.ts";
import type { Scope } from "./scope.ts";

/* Canonical content parts as content of a message or of a tool's output. What cannot be said is reported and gives undefined. */

/** Members that are only spelled: of the tokens `field=word` and `field=null` in `as`, those that match. */
export function spelledMembers(as: string | undefined, which: RegExp): JsonObject {
  if (as === undefined || !as.includes("=")) return {};
  const members = as.split(" ").filter((token) => which.test(token));
  return Object.fromEntries(
    members.map((token) => {
      const at = token.indexOf("=");
      const word = token.slice(at + 1);
      return [token.slice(0, at), word === "null" ? null : word];
    }),
  );
}

function cacheMembers(cache: CacheMark | undefined, as: string | undefined, at: string, scope: Scope): JsonObject {
  if (cache === undefined) return {};
  if (scope.native && spelled(as, "prompt_cache_breakpoint")) return { prompt_cache_breakpoint: { mode: "explicit" } };
  if (scope.native) return { cache_control: { type: "ephemeral", ...(cache.ttl && { ttl: cache.ttl }) } };
  scope.losses.ignore("cache_control_ignored", at, "this API caches prompts by itself and takes no breakpoints.");
  return {};
}

/** Whether the part means something to this provider: its maker, or whoever a caller of this wire names no maker for. */
export const isOwn = (origin: Origin | undefined, { target }: Scope): boolean =>
  origin === undefined || (origin.wire === name && (origin.provider === undefined || origin.provider === target.provider));

/** One part of a message or output. `usual` is the type that text has in this place. */
export function encodePart(part: Part, usual: string, at: string, scope: Scope): JsonObject | undefined {
  const made = encodeContent(part, usual, at, scope);
  if (made === undefined || part.type === "opaque") return made;
  const formed = scope.native ? { ...made, ...spelledMembers(part.as, /=null$/) } : made;
  return restore({ ...formed, ...cacheMembers(part.cache, part.as, at, scope) }, part.extra, at, scope);
}

function encodeContent(part: Part, usual: string, at: string, scope: Scope): JsonObject | undefined {
  const { losses } = scope;
  switch (part.type) {
    case "text":
      return textPart(part, usual, at, scope);
    case "refusal":
      return { type: "refusal", refusal: part.text };
    case "image":
      return image(part, at, scope);
    case "document":
      return document(part, at, scope);
    case "audio": {
      const { source, format } = part;
      if (source?.kind === "base64" && scope.native) {
        return { type: "input_audio", input_audio: { data: source.data, format: format ?? formatOf(source.mediaType) } };
      }
      if (part.transcript) {
        losses.approximate("audio_as_transcript", at, "an earlier spoken answer was sent as its transcript.");
        return { type: usual, text: part.transcript };
      }
      losses.drop("audio_dropped", at, "this API takes no audio.");
      return undefined;
    }
    case "video":
      losses.drop("video_dropped", at, "this API takes no video.");
      return undefined;
    case "opaque":
      if (isOwn(part.origin, scope)) return part.value;
      losses.drop("part_dropped", at, `a part of type ${part.kind} means something to ${part.origin.wire} only.`);
      return undefined;
    case "reasoning":
    case "tool-call":
    case "tool-result":
      losses.drop("part_dropped", at, `a ${part.type} cannot stand in this place.`);
      return undefined;
  }
}

function textPart(part: TextPart, usual: string, at: string, { native, losses }: Scope): JsonObject {
  const { text, as, citations = [] } = part;
  if (!native) {
    if (citations.length > 0) losses.ignore("citations_ignored", at, "an earlier answer's text is sent without its citations.");
    return { type: usual, text };
  }
  const type = spelled(as, "output_text") ? "output_text" : spelled(as, "input_text") ? "input_text" : usual;
  const annotations = citations.map(encodeCitation).filter((annotation) => annotation !== undefined);
  return {
    type,
    text,
    ...((annotations.length > 0 || spelled(as, "annotations")) && { annotations }),
    ...(spelled(as, "logprobs") && { logprobs: [] }),
  };
}

/** Other APIs' own stores (gs:, s3:) are not open to this one. */
const reachable = (source: MediaSource, native: boolean): boolean =>
  native || source.kind !== "url" || /^(?:https?|data):/i.test(source.url);

function image(part: ImagePart, at: string, { losses, native }: Scope): JsonObject | undefined {
  const { source, detail } = part;
  const url = reachable(source, native) ? urlOf(source) : undefined;
  const detailed = native ? (detail === undefined ? {} : { detail }) : { detail: detail ?? "auto" };
  if (url !== undefined) return { type: "input_image", image_url: url, ...detailed };
  if (source.kind === "file" && native) return { type: "input_image", file_id: source.id, ...detailed };
  losses.drop("image_dropped", at, "the image lies where this API cannot fetch it; send its content instead.");
  return undefined;
}

function document(part: DocumentPart, at: string, { losses, native }: Scope): JsonObject | undefined {
  const { source, title, as } = part;
  if (part.context !== undefined) losses.drop("document_context_dropped", `${at}.context`, "documents have no context here.");
  if (part.citations) losses.ignore("document_citations_ignored", `${at}.citations`, "this API cites no documents.");
  const named = title === undefined ? {} : { filename: title };
  switch (source.kind) {
    case "base64": {
      const data = spelled(as, "bare") ? source.data : dataUrl(source);
      return { type: "input_file", ...(native ? named : { filename: title ?? nameFor(source.mediaType) }), file_data: data };
    }
    case "url":
      if (!reachable(source, native)) {
        losses.drop("document_dropped", at, "this API cannot fetch the document; send its content instead.");
        return undefined;
      }
      if (spelled(as, "data")) return { type: "input_file", ...named, file_data: source.url };
      return { type: "input_file", ...(native && named), file_url: source.url };
    case "file":
      if (native) return { type: "input_file", file_id: source.id, ...named };
      losses.drop("document_dropped", at, "the file lies with another provider; send its content instead.");
      return undefined;
    case "text":
    case "parts":
      return { type: "input_text", text: documentText(source, title, at, losses) };
  }
}
