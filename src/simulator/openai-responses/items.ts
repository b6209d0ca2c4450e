import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { asText } from "../brain/ask.ts";
import { nameMedium, nameUrl } from "../media.ts";
import type { OwnedResponses } from "./stored.ts";

export const objects = (value: Json | undefined): readonly JsonObject[] => (isArray(value) ? value.filter(isObject) : []);

/** The request's own input, as items; a text is a message of the user. */
export const inputItems = (body: JsonObject): readonly JsonObject[] =>
  typeof body["input"] === "string" ? [{ type: "message", role: "user", content: body["input"] }] : objects(body["input"]);

/** What the model is shown: the stored turns that `previous_response_id` names, then the input with its references followed. */
export function conversation(body: JsonObject, stored: OwnedResponses): readonly JsonObject[] {
  const previous = typeof body["previous_response_id"] === "string" ? stored.get(body["previous_response_id"]) : undefined;
  const own = inputItems(body).map((item) => {
    const known = isReference(item) && typeof item["id"] === "string" ? stored.item(item["id"]) : undefined;
    return known?.item ?? item;
  });
  return previous ? [...previous.conversation, ...previous.output, ...own] : own;
}

/** A reference may say its type or leave it out. */
export const isReference = (item: JsonObject): boolean =>
  item["type"] === "item_reference" || (isAbsent(item["type"]) && isAbsent(item["role"]) && typeof item["id"] === "string");

const isAbsent = (value: Json | undefined): boolean => value === undefined || value === null;

export const isMessage = (item: JsonObject): boolean =>
  item["type"] === "message" || (isAbsent(item["type"]) && !isAbsent(item["role"]));

export const isCall = (item: JsonObject): boolean => item["type"] === "function_call" || item["type"] === "custom_tool_call";

export const isResult = (item: JsonObject): boolean =>
  item["type"] === "function_call_output" || item["type"] === "custom_tool_call_output";

/** A content (or a tool's output) as one text, other media named. */
export function describe(content: Json | undefined): string {
  if (typeof content === "string") return content;
  return objects(content).map(describePart).join(" ");
}

function describePart(part: JsonObject): string {
  switch (part["type"]) {
    case "input_text":
    case "output_text":
    case "text":
      return asText(part["text"]);
    case "refusal":
      return asText(part["refusal"]);
    case "input_image":
      return typeof part["file_id"] === "string" ? `[image ${part["file_id"]}]` : nameUrl("image", part["image_url"]);
    case "input_file":
      return describeFile(part);
    case "input_audio": {
      const audio = isObject(part["input_audio"]) ? part["input_audio"] : part;
      return nameMedium("audio", `audio/${asText(audio["format"])}`, audio["data"]);
    }
    default:
      return `[${asText(part["type"])}]`;
  }
}

function describeFile(part: JsonObject): string {
  if (typeof part["file_id"] === "string") return `[file ${part["file_id"]}]`;
  if (typeof part["file_url"] === "string") return nameUrl("file", part["file_url"]);
  const data = part["file_data"];
  return typeof data === "string" && !data.startsWith("data:") ? nameMedium("file", undefined, data) : nameUrl("file", data);
}
