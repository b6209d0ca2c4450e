import type { DocumentPart, MediaSource, Part, ReasoningPart, TextPart } from "../../canonical/parts.ts";
import { encodeCall } from "./encode-calls.ts";
import { encodeSource, type MediaKind } from "./encode-media.ts";
import { finish, ignoreMark } from "./finish-part.ts";
import { isOwn, type Scope } from "./scope.ts";
import { type Draft, defined, spelled } from "./spelling.ts";

/** A canonical part as parts of this API: one, several for a document of parts, none for what cannot be said (reported). */
export function encodePart(part: Part, at: string, scope: Scope): readonly Draft[] {
  const { losses } = scope;
  ignoreMark(part, at, scope);
  switch (part.type) {
    case "text":
      return text(part, at, scope);
    case "refusal":
      return text({ ...part, type: "text" }, at, scope);
    case "reasoning":
      return reasoning(part, at, scope);
    case "image":
      if (part.detail !== undefined && part.detail !== "auto") {
        losses.ignore("image_detail_ignored", `${at}.detail`, "this API has no such hint for a single image.");
      }
      return media(part, part.source, part.type, at, scope);
    case "video":
      return media(part, part.source, part.type, at, scope);
    case "audio":
      if (part.source !== undefined) return media(part, part.source, part.type, at, scope);
      if (part.transcript !== undefined && part.transcript.trim() !== "") {
        losses.approximate("audio_as_transcript", at, "the sound lies with another provider; its transcript was sent.");
        return [{ text: part.transcript }];
      }
      losses.drop("audio_dropped", at, "an earlier spoken answer can be referred to by its own provider only.");
      return [];
    case "document":
      return document(part, at, scope);
    case "tool-call":
      return [finish(encodeCall(part, at, scope), part, at, scope, ["functionCall"])];
    case "tool-result":
      losses.drop("part_dropped", at, "a tool result cannot stand in this message.");
      return [];
    case "opaque":
      if (isOwn(part.origin, scope)) return [defined(part.value)];
      losses.drop("part_dropped", at, `only ${part.origin.wire} understands a part of type ${part.kind}.`);
      return [];
  }
}

function text(part: TextPart, at: string, scope: Scope): readonly Draft[] {
  if (scope.native && spelled(part.as, "bare")) return [{ text: part.text }];
  const sealed = part.seal !== undefined && isOwn(part.seal.origin, scope);
  if (!scope.native && !sealed && part.text.trim() === "") {
    scope.losses.repair("empty_text_removed", at, "the Gemini API refuses parts without content.");
    return [];
  }
  if (!scope.native && part.citations !== undefined && part.citations.length > 0) {
    scope.losses.ignore("citations_ignored", at, "this API takes no citations on earlier answers; their text is kept.");
  }
  return [finish({ text: part.text }, part, at, scope)];
}

function reasoning(part: ReasoningPart, at: string, scope: Scope): readonly Draft[] {
  if (!isOwn(part.origin, scope)) {
    scope.losses.drop(
      "reasoning_dropped",
      at,
      `it was made by ${part.origin?.wire ?? "another wire"}; only its maker takes it back.`,
    );
    return [];
  }
  return [finish({ text: part.text, thought: true }, part, at, scope)];
}

function media(part: Part, source: MediaSource, kind: MediaKind, at: string, scope: Scope): readonly Draft[] {
  const made = encodeSource(source, kind, at, scope, spelled(part.as, "base64url"));
  return made === undefined ? [] : [finish(made, part, at, scope, ["inlineData", "fileData"])];
}

/** A document, or the parts it is made of. */
function document(part: DocumentPart, at: string, scope: Scope): readonly Draft[] {
  const { losses, native } = scope;
  const { source, title, context } = part;
  if (!native) {
    if (title !== undefined) losses.ignore("document_title_ignored", `${at}.title`, "this API's files have no titles.");
    if (part.citations) losses.ignore("document_citations_ignored", `${at}.citations`, "this API cites no documents.");
  }
  const before: Draft[] = [];
  if (context !== undefined) {
    losses.approximate("document_context_as_text", `${at}.context`, "sent as a text before the document.");
    before.push({ text: `<document_context>${context}</document_context>` });
  }
  if (source.kind !== "parts") return [...before, ...media(part, source, "document", at, scope)];
  losses.approximate("document_as_parts", at, "a document of parts was sent as these parts.");
  return [...before, ...source.parts.flatMap((inner, index) => encodePart(inner, `${at}.content[${index}]`, scope))];
}
