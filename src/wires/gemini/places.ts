import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Layout, type MessagePlace, placeIn, type ToolPlace } from "../shared/places.ts";
import { list, object } from "../shared/read.ts";

/** Where in a caller's body stands what encoders name canonically. */
export function placeOf(body: JsonObject, at: string): string {
  // Counting takes a whole request within its own.
  const within = spelt(body, "generateContentRequest");
  const inner = object(body[within]);
  return inner === undefined ? placeIn(layout, body, at) : `${within}.${placeIn(layout, inner, at)}`;
}

/** A member as the caller spelled it: this API takes each name in snake_case, too. */
function spelt(source: JsonObject | undefined, name: string): string {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return source?.[name] === undefined && source?.[snake] !== undefined ? snake : name;
}

/** A member of the configuration: the first that is there. */
const configured =
  (...names: readonly string[]) =>
  (body: JsonObject): string => {
    const at = spelt(body, "generationConfig");
    const config = object(body[at]);
    const found = names.map((name) => spelt(config, name)).find((name) => config?.[name] !== undefined);
    return `${at}.${found ?? names[0] ?? ""}`;
  };

const thinking = configured("thinkingConfig");
const thinkingMember =
  (name: string) =>
  (body: JsonObject): string => {
    const config = object(body[spelt(body, "generationConfig")]);
    return `${thinking(body)}.${spelt(object(config?.[spelt(config, "thinkingConfig")]), name)}`;
  };
const format = configured("responseJsonSchema", "responseSchema", "responseMimeType");

const layout: Layout = {
  message: (body, index) => {
    const system = spelt(body, "systemInstruction");
    const said = body[system];
    const before = said === undefined || said === null ? 0 : 1;
    if (index < before) return contentPlace(said, system);
    const { contents } = body;
    if (!isArray(contents)) return contentPlace(contents, "contents");
    return contentPlace(contents[index - before], `contents[${index - before}]`);
  },
  tool: (body, index) => toolPlaces(body["tools"])[index],
  fields: {
    messages: "contents",
    task_type: (body) => spelt(body, "taskType"),
    service_tier: (body) => spelt(body, "serviceTier"),
    tool_choice: (body) => {
      const at = spelt(body, "toolConfig");
      return `${at}.${spelt(object(body[at]), "functionCallingConfig")}`;
    },
    max_output_tokens: configured("maxOutputTokens"),
    temperature: configured("temperature"),
    top_p: configured("topP"),
    top_k: configured("topK"),
    stop: configured("stopSequences"),
    seed: configured("seed"),
    n: configured("candidateCount"),
    logprobs: configured("responseLogprobs"),
    top_logprobs: configured("logprobs"),
    frequency_penalty: configured("frequencyPenalty"),
    presence_penalty: configured("presencePenalty"),
    modalities: configured("responseModalities"),
    reasoning: thinking,
    reasoning_effort: thinking,
    thinking,
    "thinking.budget_tokens": thinkingMember("thinkingBudget"),
    "thinking.display": thinkingMember("includeThoughts"),
    "thinking.type": thinking,
    "response_format.schema": format,
    response_format: format,
  },
};

function contentPlace(content: Json | undefined, at: string): MessagePlace {
  if (!isObject(content)) return { at, part: () => at };
  const { parts } = content;
  return {
    at,
    part: (index, inner) => {
      const place = isArray(parts) ? `${at}.parts[${index}]` : `${at}.parts`;
      if (inner === undefined) return place;
      return `${place}.${spelt(object(isArray(parts) ? parts[index] : parts), "functionResponse")}`;
    },
  };
}

/** Each function and each tool of the provider's own, one by one, as they are decoded. */
function toolPlaces(tools: Json | undefined): readonly ToolPlace[] {
  if (isObject(tools)) return toolsIn(tools, "tools");
  return (list(tools) ?? []).flatMap((tool, index) => (isObject(tool) ? toolsIn(tool, `tools[${index}]`) : []));
}

function toolsIn(tool: JsonObject, at: string): readonly ToolPlace[] {
  const functions = spelt(tool, "functionDeclarations");
  return Object.entries(tool).flatMap(([field, value]): readonly ToolPlace[] => {
    if (value === undefined || value === null) return [];
    const place = `${at}.${field}`;
    if (field !== functions) return [{ at: place, schema: place }];
    if (isObject(value)) return [functionPlace(value, place)];
    return (list(value) ?? []).map((one, index) => functionPlace(object(one), `${place}[${index}]`));
  });
}

function functionPlace(declaration: JsonObject | undefined, at: string): ToolPlace {
  const json = spelt(declaration, "parametersJsonSchema");
  return { at, schema: `${at}.${declaration?.[json] === undefined ? "parameters" : json}` };
}
