import type { Json, JsonObject } from "../../canonical/json.ts";
import type { MediaSource, Part } from "../../canonical/parts.ts";
import { isEmpty } from "../shared/losses.ts";
import { mediaTypeOf } from "../shared/media.ts";
import { readCache } from "../shared/openai/cache.ts";
import { prefixed } from "../shared/openai/form.ts";
import { readUrl } from "../shared/openai/media.ts";
import { list, object, others, text, wantList, wantObject, wantText } from "../shared/read.ts";
import { decodeCitation } from "./citations.ts";
import { origin } from "./name.ts";

/*
 * Content of messages and of tool outputs. `as` of a part: the type it had where another is usual for its place, `field=null`
 * for members sent as null, and `annotations`, `logprobs` for lists that were sent empty.
 */

/** A list of content parts. `usual` is the type that text has in this place. */
export const decodeContent = (value: Json | undefined, at: string, usual: string): readonly Part[] =>
  wantList(value, at).map((part, index) => decodePart(part, `${at}[${index}]`, usual));

function decodePart(value: Json, at: string, usual: string): Part {
  const part = wantObject(value, at);
  const type = wantText(part["type"], `${at}.type`);
  switch (type) {
    case "input_text":
    case "output_text":
      return textPart(part, type, usual, at);
    case "refusal": {
      const said = wantText(part["refusal"], `${at}.refusal`);
      return finish(part, { type: "refusal", text: said }, ["refusal"], []);
    }
    case "input_image":
    case "input_file":
    case "input_audio":
      return media(part, type, at) ?? opaque(part, type);
    default:
      return opaque(part, type);
  }
}

const opaque = (value: JsonObject, kind: string): Part => ({ type: "opaque", origin, kind, value });

/** Adds the cache mark, the form, and the members that nobody names. */
function finish(part: JsonObject, made: Part, read: readonly string[], form: string[], more?: JsonObject): Part {
  const { cache, as: mark, extra: unread } = readCache(part);
  if (mark !== undefined) form.push(mark);
  const known = new Set(["type", "prompt_cache_breakpoint", "cache_control", ...read]);
  const extra: JsonObject = { ...unread, ...others(part, known), ...more };
  return {
    ...made,
    ...(cache && { cache }),
    ...(form.length > 0 && { as: form.join(" ") }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function textPart(part: JsonObject, type: string, usual: string, at: string): Part {
  const form = type === usual ? [] : [type];
  const read = ["text"];
  const annotations = list(part["annotations"]);
  if (annotations !== undefined) {
    read.push("annotations");
    if (annotations.length === 0) form.push("annotations");
  }
  if (isEmpty(part["logprobs"]) && list(part["logprobs"]) !== undefined) {
    read.push("logprobs");
    form.push("logprobs");
  }
  const citations = annotations?.map(decodeCitation);
  const said = wantText(part["text"], `${at}.text`);
  return finish(part, { type: "text", text: said, ...(citations?.length && { citations }) }, read, form);
}

/** An image, file or sound; undefined where it names its source in several ways or in none, so that only OpenAI knows which. */
function media(part: JsonObject, type: string, at: string): Part | undefined {
  if (type === "input_audio") return audio(part, at);
  const fields = type === "input_image" ? ["image_url", "file_id"] : ["file_data", "file_url", "file_id"];
  const sources = fields.filter((field) => typeof part[field] === "string");
  const [field, ...more] = sources;
  if (field === undefined || more.length > 0) return undefined;
  const form = fields.filter((name) => part[name] === null).map((name) => `${name}=null`);
  const said = wantText(part[field], `${at}.${field}`);
  if (type === "input_image") {
    const detail = text(part["detail"]);
    const source: MediaSource = field === "file_id" ? { kind: "file", id: said } : readUrl(said);
    const read = [...fields, ...(detail === undefined ? [] : ["detail"])];
    return finish(part, { type: "image", source, ...(detail !== undefined && { detail }) }, read, form);
  }
  const title = text(part["filename"]);
  const read = [...fields, ...(title === undefined ? [] : ["filename"])];
  const source = fileSource(field, said, form);
  return finish(part, { type: "document", source, ...(title !== undefined && { title }) }, read, form);
}

function fileSource(field: string, said: string, form: string[]): MediaSource {
  if (field === "file_id") return { kind: "file", id: said };
  if (field === "file_url") return { kind: "url", url: said };
  const source = readUrl(said);
  form.push(source.kind === "url" ? (said.startsWith("data:") ? "data" : "bare") : "data");
  if (source.kind === "url" && !said.startsWith("data:")) return { kind: "base64", mediaType: "application/pdf", data: said };
  return source;
}

function audio(part: JsonObject, at: string): Part | undefined {
  const inner = object(part["input_audio"]);
  if (inner === undefined) return undefined;
  const data = wantText(inner["data"], `${at}.input_audio.data`);
  const format = wantText(inner["format"], `${at}.input_audio.format`);
  const source: MediaSource = { kind: "base64", mediaType: mediaTypeOf(format), data };
  const unread = prefixed("input_audio", others(inner, new Set(["data", "format"])));
  return finish(part, { type: "audio", source, format }, ["input_audio"], [], unread);
}
