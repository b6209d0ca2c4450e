import type { EmbedInput, EmbedRequest } from "../../canonical/embed.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { readUrl } from "../shared/openai/media.ts";
import { count, object, optional, others, refuse, text, wantList, wantObject, wantText } from "../shared/read.ts";
import type { DecodedRequest, Incoming } from "../wire.ts";
import { EmbedEncoder } from "./encode-reply.ts";
import { name } from "./name.ts";
import { decodeTask } from "./tasks.ts";

const known = new Set(["model", "input", "encoding_format", "dimensions", "user"]);

/** Reads a caller's embeddings request. Throws `invalid_request` naming the field. */
export function decodeEmbed({ body }: Incoming): DecodedRequest<"embed"> {
  const model = wantText(body["model"], "model") || refuse("model", "the name of a model");
  return {
    model,
    stream: false,
    request: () => decodeRequest(body, model),
    encoder: (meta) => new EmbedEncoder(meta, encodingOf(body["encoding_format"])),
  };
}

/** The encodings that this gateway can turn into one another; others (Perplexity's `base64_int8`) are their provider's own. */
export const encodingOf = (value: Json | undefined): "float" | "base64" | undefined =>
  value === "float" || value === "base64" ? value : undefined;

/** `spelling`: `input` for one input that stood alone, `encoding_format` for a word of the provider's own, `task`
 * for the field and word that said it. */
export function decodeRequest(body: JsonObject, model: string): EmbedRequest {
  const spelling: Record<string, string> = {};
  for (const field of known) if (body[field] === null) spelling[field] = "null";
  const format = optional(body["encoding_format"], "encoding_format", text, "float or base64");
  const encoding = encodingOf(format);
  if (format !== undefined && encoding === undefined) spelling["encoding_format"] = format;
  const input = body["input"];
  if (typeof input === "string" || (isArray(input) && typeof input[0] === "number")) spelling["input"] = "alone";
  const task = decodeTask(body);
  if (task !== undefined) spelling["task"] = `${task.field}:${task.word}`;
  return {
    model,
    inputs: readInputs(input),
    dimensions: optional(body["dimensions"], "dimensions", count, "a whole number"),
    encoding,
    taskType: task?.type,
    endUser: optional(body["user"], "user", text, "a string"),
    spelling,
    extra: others(body, task === undefined ? known : new Set([...known, task.field])),
    extraOrigin: name,
  };
}

function readInputs(input: Json | undefined): readonly EmbedInput[] {
  if (typeof input === "string") return [input];
  const items = wantList(input, "input");
  if (items.length === 0) refuse("input", "a text, token numbers, or a list of these that is not empty");
  return typeof items[0] === "number" ? [tokens(items, "input")] : items.map((item, index) => readInput(item, `input[${index}]`));
}

function readInput(item: Json, at: string): EmbedInput {
  if (typeof item === "string") return item;
  if (isArray(item)) return tokens(item, at);
  const content = wantList(object(item)?.["content"], `${at}.content`);
  return content.map((part, index) => readPart(part, `${at}.content[${index}]`));
}

const tokens = (items: readonly Json[], at: string): readonly number[] =>
  items.map((item, index) => count(item) ?? refuse(`${at}[${index}]`, "a token's number"));

/** Parts as OpenRouter has them, which are those of chat messages. */
function readPart(value: Json, at: string): Part {
  const part = wantObject(value, at);
  if (part["type"] === "text") return { type: "text", text: wantText(part["text"], `${at}.text`) };
  if (part["type"] !== "image_url") return refuse(`${at}.type`, "text or image_url");
  const image = part["image_url"];
  const url = wantText(isObject(image) ? image["url"] : image, `${at}.image_url.url`);
  return { type: "image", source: readUrl(url) };
}
