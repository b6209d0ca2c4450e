import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { object } from "../shared/read.ts";

/** Why the caller is told. */
export const emulated = {
  code: "json_schema_emulated",
  at: "response_format",
  detail: "the provider knows no schemas; the model was told in words, and the answer is checked here.",
} as const;

/**
 * A body whose `response_format` is a schema, for a provider that knows no more than JSON mode: the schema goes into the system
 * text. Gives the fields to be changed; undefined: there is no schema in it. No tool is forced, and none is left out.
 */
export function jsonInWords(body: JsonObject): { readonly response_format?: Json; readonly messages: Json } | undefined {
  const format = object(body["response_format"]);
  const described = object(format?.["json_schema"]);
  if (format?.["type"] !== "json_schema" || described === undefined) return undefined;
  const schema = object(described["schema"]);
  const title = described["description"];
  const about = typeof title === "string" && title !== "" ? ` (${title})` : "";
  const form = schema === undefined ? "" : ` that fits this JSON Schema: ${JSON.stringify(schema)}`;
  const sentence = `Answer with one valid JSON document${about} and nothing else (no other words, no code fence)${form}`;
  const messages = instructed(body["messages"], sentence);
  // JSON mode gives objects only.
  const objects = schema === undefined || schema["type"] === undefined || schema["type"] === "object";
  return objects ? { response_format: { type: "json_object" }, messages } : { messages };
}

/** The sentence in a message behind the leading system messages. */
function instructed(messages: Json | undefined, sentence: string): Json {
  const list = isArray(messages) ? messages : [];
  const leading = list.findIndex(
    (message) => !isObject(message) || !(message["role"] === "system" || message["role"] === "developer"),
  );
  const at = leading < 0 ? list.length : leading;
  return [...list.slice(0, at), { role: "system", content: sentence }, ...list.slice(at)];
}
