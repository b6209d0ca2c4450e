import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Layout, type MessagePlace, placeIn } from "../shared/places.ts";
import { list, object } from "../shared/read.ts";
import { reasoningFields } from "./decode-messages.ts";

/** Where in a caller's body stands what encoders name canonically. */
export const placeOf = (body: JsonObject, at: string): string => placeIn(layout, body, at);

const layout: Layout = {
  message: (body, index) => {
    const source = object(list(body["messages"])?.[index]);
    return source && messagePlace(source, `messages[${index}]`);
  },
  tool: (body, index) => {
    const tools = list(body["tools"])?.length ?? 0;
    if (index >= tools) return { at: `functions[${index - tools}]`, schema: `functions[${index - tools}].parameters` };
    return { at: `tools[${index}]`, schema: `tools[${index}].function.parameters` };
  },
  fields: {
    max_output_tokens: ({ max_tokens }) => (max_tokens === undefined ? "max_completion_tokens" : "max_tokens"),
    reasoning: "reasoning_effort",
    tool_choice: ({ function_call }) => (function_call === undefined ? undefined : "function_call"),
    "response_format.schema": "response_format.json_schema.schema",
  },
};

function messagePlace(source: JsonObject, at: string): MessagePlace {
  if (source["role"] === "tool" || source["role"] === "function") {
    return { at, part: (_, inner) => (inner === undefined ? at : (contentPlaces(source["content"], at)[inner] ?? at)) };
  }
  return { at, part: (index) => partPlaces(source, at)[index] ?? at };
}

/** The places of a message's parts, in the order in which it is decoded. */
function partPlaces(source: JsonObject, at: string): readonly string[] {
  const content = contentPlaces(source["content"], at);
  if (source["role"] !== "assistant") return content;
  const reasoning = reasoningFields.find((field) => typeof source[field] === "string" || isArray(source[field]));
  const single = ["refusal", "audio", "function_call"].filter((field) => source[field] !== undefined && source[field] !== null);
  const calls = (list(source["tool_calls"]) ?? []).map((_, index) => `${at}.tool_calls[${index}]`);
  return [
    ...(reasoning === undefined ? [] : [`${at}.${reasoning}`]),
    ...content,
    ...single.map((field) => `${at}.${field}`),
    ...calls,
  ];
}

function contentPlaces(content: Json | undefined, at: string): readonly string[] {
  if (typeof content === "string") return [`${at}.content`];
  return (list(content) ?? []).map((_, index) => `${at}.content[${index}]`);
}
