import type { Json, JsonObject } from "../../canonical/json.ts";
import type { AudioPart, DocumentPart, ImagePart, MediaSource, Part, VideoPart } from "../../canonical/parts.ts";
import { mediaTypeOf } from "../shared/media.ts";
import { readCache } from "../shared/openai/cache.ts";
import { prefixed } from "../shared/openai/form.ts";
import { readUrl } from "../shared/openai/media.ts";
import { list, object, others, refuse, text, wantObject, wantText } from "../shared/read.ts";
import { origin } from "./name.ts";

/*
 * Content parts of a message. Members that the specification does not name travel in the part's `extra`, those of an inner
 * object with that object's name before them (`image_url.format`).
 */

const none = new Set<string>();

/** The unnamed members of a part and of its inner object, as the part's `extra`. */
function rest(
  part: JsonObject,
  known: readonly string[],
  inner?: { readonly at: string; readonly value: JsonObject; readonly known: readonly string[] },
): JsonObject | undefined {
  const outer = others(part, new Set(["type", "prompt_cache_breakpoint", "cache_control", ...known]));
  const within = inner && others(inner.value, new Set(inner.known));
  if (inner === undefined || within === undefined) return outer;
  return { ...outer, ...prefixed(inner.at, within) };
}

/** One content part. `at` names it in errors. A part of a type nobody names becomes opaque. */
export function decodePart(value: Json, at: string): Part {
  const part = wantObject(value, at);
  const type = wantText(part["type"], `${at}.type`);
  const { cache, as: mark, extra: unread } = readCache(part);
  const finish = <P extends Part>(made: P, extra: JsonObject | undefined, as?: string): P => {
    const form = [as, mark].filter((token) => token !== undefined).join(" ");
    const unnamed = extra === undefined ? unread : { ...unread, ...extra };
    return { ...made, ...(cache && { cache }), ...(form !== "" && { as: form }), ...(unnamed && { extra: unnamed }) };
  };
  switch (type) {
    case "text":
      return finish({ type: "text", text: wantText(part["text"], `${at}.text`) }, rest(part, ["text"]));
    case "refusal":
      return finish({ type: "refusal", text: wantText(part["refusal"], `${at}.refusal`) }, rest(part, ["refusal"]));
    case "image_url":
      return finish(...image(part, at));
    case "video_url":
      return finish(...video(part, at));
    case "input_audio":
      return finish(...audio(part, at));
    case "file":
      return finish(...file(part, at));
    case "document_url": {
      const made: DocumentPart = {
        type: "document",
        source: readUrl(wantText(part["document_url"], `${at}.document_url`)),
        title: text(part["document_name"]),
      };
      return finish(made, rest(part, ["document_url", "document_name"]), "document_url");
    }
    case "thinking":
      return finish(...thinking(part, at));
    default:
      return { type: "opaque", origin, kind: type, value: part };
  }
}

type Read<P extends Part> = [P, JsonObject | undefined, (string | undefined)?];

function image(part: JsonObject, at: string): Read<ImagePart> {
  const value = part["image_url"];
  if (typeof value === "string") return [{ type: "image", source: readUrl(value) }, rest(part, ["image_url"]), "string"];
  const inner = wantObject(value, `${at}.image_url`);
  const url = wantText(inner["url"], `${at}.image_url.url`);
  const detail = text(inner["detail"]);
  const extra = rest(part, ["image_url"], {
    at: "image_url",
    value: inner,
    known: detail === undefined ? ["url"] : ["url", "detail"],
  });
  return [{ type: "image", source: readUrl(url), detail }, extra];
}

function video(part: JsonObject, at: string): Read<VideoPart> {
  const inner = wantObject(part["video_url"], `${at}.video_url`);
  const url = wantText(inner["url"], `${at}.video_url.url`);
  return [{ type: "video", source: readUrl(url) }, rest(part, ["video_url"], { at: "video_url", value: inner, known: ["url"] })];
}

function audio(part: JsonObject, at: string): Read<AudioPart> {
  const value = part["input_audio"];
  if (typeof value === "string") {
    const source: MediaSource = /^(?:https?|data):/.test(value)
      ? readUrl(value)
      : { kind: "base64", mediaType: "audio/mpeg", data: value };
    return [{ type: "audio", source }, rest(part, ["input_audio"]), value.startsWith("data:") ? "string url" : "string"];
  }
  const inner = wantObject(value, `${at}.input_audio`);
  const data = wantText(inner["data"], `${at}.input_audio.data`);
  const format = wantText(inner["format"], `${at}.input_audio.format`);
  return [
    { type: "audio", source: { kind: "base64", mediaType: mediaTypeOf(format), data }, format },
    rest(part, ["input_audio"], { at: "input_audio", value: inner, known: ["data", "format"] }),
  ];
}

function file(part: JsonObject, at: string): Read<DocumentPart> {
  const inner = wantObject(part["file"], `${at}.file`);
  const data = text(inner["file_data"]);
  const id = text(inner["file_id"]);
  const title = text(inner["filename"]);
  const read = ["file_data", "file_id", "filename"].filter((key) => typeof inner[key] === "string");
  const extra = rest(part, ["file"], { at: "file", value: inner, known: read });
  if (data === undefined) {
    if (id === undefined) return refuse(`${at}.file`, "an object with `file_data` or `file_id`");
    return [{ type: "document", source: { kind: "file", id }, title }, extra];
  }
  const source = readUrl(data);
  const bare = source.kind === "url" && !/^\w+:/.test(data);
  const made: DocumentPart = {
    type: "document",
    source: bare ? { kind: "base64", mediaType: "application/pdf", data } : source,
    title,
  };
  const form = [bare ? "bare" : undefined, id === undefined ? undefined : `file_id=${id}`];
  return [made, extra, form.filter((token) => token !== undefined).join(" ") || undefined];
}

/** Mistral's thinking part: a list of text chunks, which must come back as it was. */
function thinking(part: JsonObject, at: string): Read<Part> {
  const chunks = part["thinking"];
  const said =
    text(chunks) ??
    (list(chunks) ?? refuse(`${at}.thinking`, "a list of chunks")).map((chunk) => text(object(chunk)?.["text"]) ?? "").join("");
  const single = isPlainThinking(chunks, said);
  const extra = rest(part, ["thinking"]);
  return [{ type: "reasoning", text: said, origin }, single ? extra : { ...extra, thinking: chunks ?? null }, "thinking"];
}

function isPlainThinking(chunks: Json | undefined, said: string): boolean {
  const only = list(chunks)?.length === 1 ? object(list(chunks)?.[0]) : undefined;
  return only?.["type"] === "text" && only["text"] === said && others(only, new Set(["type", "text"])) === undefined;
}

/** True where nothing of the object is left unread. */
export const wholly = (value: JsonObject, known: readonly string[]): boolean =>
  others(value, known.length === 0 ? none : new Set(known)) === undefined;
