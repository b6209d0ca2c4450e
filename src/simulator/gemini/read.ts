import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Ask, asText, type Choosing, type OfferedTool, type ReturnedResult } from "../brain/ask.ts";
import type { PromptCache } from "../brain/cache.ts";
import type { Target } from "../face.ts";
import type { Behaviour } from "../models.ts";
import { billInput } from "./bill.ts";
import { mediaTypeOf, nameOf } from "./media.ts";
import { normal, object, objects, partsOf, upper, whole } from "./normal.ts";
import { plainSchema } from "./schema.ts";

/** What a generateContent request asks for. The request has passed the order rules. */
export function readAsk(body: JsonObject, behaviour: Behaviour, _: PromptCache, target: Target): Ask {
  const request = normal(body);
  const contents = objects(request["contents"]);
  const config = object(request["generationConfig"]);
  const calling = object(object(request["toolConfig"])["functionCallingConfig"]);
  const tools = objects(request["tools"]).flatMap((tool) => objects(tool["functionDeclarations"]).map(offered));
  const allowed = isArray(calling["allowedFunctionNames"]) ? calling["allowedFunctionNames"] : [];
  return {
    model: target.model,
    stream: target.stream,
    said: enumerated(config) ?? said(contents),
    results: returned(contents),
    tools: allowed.length > 0 ? tools.filter((tool) => allowed.includes(tool.name)) : tools,
    choosing: choosing(upper(calling["mode"])),
    parallel: true,
    format: format(config),
    // A blocked prompt is not answered, so nothing of an answer is billed.
    maxTokens: behaviour.kind === "refuse" ? 0 : whole(config["maxOutputTokens"]),
    stop: isArray(config["stopSequences"]) ? config["stopSequences"].filter((stop) => typeof stop === "string") : [],
    choices: whole(config["candidateCount"]) ?? 1,
    thinking: thinking(object(config["thinkingConfig"]), behaviour),
    logprobs: config["responseLogprobs"] === true ? (whole(config["logprobs"]) ?? 0) : undefined,
    input: billInput(request),
    usageInStream: true,
  };
}

function thinking(config: JsonObject, behaviour: Behaviour): Ask["thinking"] {
  if (config["includeThoughts"] === true && config["thinkingBudget"] !== 0) return "shown";
  const asked = config["thinkingLevel"] !== undefined || config["thinkingBudget"] !== undefined;
  return (behaviour.thinks || asked) && config["thinkingBudget"] !== 0 ? "hidden" : "no";
}

/** The text of the trailing user turn without its results of functions. */
function said(contents: readonly JsonObject[]): string {
  const first = contents.findLastIndex((content) => content["role"] === "model") + 1;
  return contents
    .slice(first)
    .map((content) => describe(partsOf(content)))
    .filter((text) => text !== "")
    .join(" ");
}

function returned(contents: readonly JsonObject[]): readonly ReturnedResult[] {
  const first = contents.findLastIndex((content) => content["role"] === "model") + 1;
  return contents
    .slice(first)
    .flatMap(partsOf)
    .map((part) => part["functionResponse"])
    .filter(isObject)
    .map((response) => ({ name: asText(response["name"]), text: resultText(response) }));
}

/** Results that are one text under the usual names are quoted as that text. */
function resultText(response: JsonObject): string {
  const value = object(response["response"]);
  const [key, ...others] = Object.keys(value);
  const only = others.length === 0 && key !== undefined ? value[key] : undefined;
  const media = objects(response["parts"]).map(nameOf);
  const plain = key === undefined ? "" : JSON.stringify(value);
  const text = typeof only !== "string" ? plain : key === "error" ? `(error) ${only}` : wrappers.has(key ?? "") ? only : plain;
  return [text, ...media].filter((one) => one !== "").join(" ");
}

const wrappers = new Set(["output", "result", "content", "response"]);

function describe(parts: readonly JsonObject[]): string {
  return parts
    .filter((part) => part["functionResponse"] === undefined && part["thought"] !== true)
    .map((part) => {
      if (typeof part["text"] === "string") return part["text"];
      if (mediaTypeOf(part) !== undefined) return nameOf(part);
      return `[${Object.keys(part)[0] ?? "nothing"}]`;
    })
    .join(" ");
}

function offered(declaration: JsonObject): OfferedTool {
  const json = declaration["parametersJsonSchema"];
  const { parameters } = declaration;
  const schema = isObject(json) ? json : isObject(parameters) ? plainSchema(parameters) : undefined;
  return { name: asText(declaration["name"]), kind: "function", schema };
}

function choosing(mode: string): Choosing {
  if (mode === "NONE") return { type: "none" };
  return mode === "ANY" ? { type: "required" } : { type: "auto" };
}

function schemaOf(config: JsonObject): JsonObject | undefined {
  const json = config["responseJsonSchema"] ?? config["_responseJsonSchema"];
  if (isObject(json)) return json;
  return isObject(config["responseSchema"]) ? plainSchema(config["responseSchema"]) : undefined;
}

function format(config: JsonObject): Ask["format"] {
  return config["responseMimeType"] === "application/json" ? { schema: schemaOf(config) } : undefined;
}

/** The answer to `text/x.enum`: one of the values, bare. */
function enumerated(config: JsonObject): string | undefined {
  if (config["responseMimeType"] !== "text/x.enum") return undefined;
  const values: Json | undefined = schemaOf(config)?.["enum"];
  return isArray(values) ? asText(values[0]) : undefined;
}
