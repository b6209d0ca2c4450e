import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { object, objects } from "../gemini/normal.ts";
import { jsonSchemaFindings } from "./gemini-json-schema.ts";
import { located, schemaFindings } from "./gemini-schema.ts";

const mostStopSequences = 5;

/** Limits of generationConfig, and what excludes what in it. `request` is normal. */
export function checkGeminiOptions(request: JsonObject, found: string[]): void {
  const config = object(request["generationConfig"]);
  const at = "GenerateContentRequest.generation_config";
  const range = (field: string, name: string, least: number, most: number, says: string): void => {
    const value = config[field];
    if (typeof value === "number" && (value < least || value > most))
      found.push(`* ${at}.${name}: ${name} must be in the range ${says}.`);
  };
  range("temperature", "temperature", 0, 2, "[0.0, 2.0]");
  range("topP", "top_p", 0, 1, "[0.0, 1.0]");
  range("candidateCount", "candidate_count", 1, 8, "[1, 8]");
  range("maxOutputTokens", "max_output_tokens", 1, Number.POSITIVE_INFINITY, "[1, inf)");
  range("logprobs", "logprobs", 0, 20, "[0, 20]");
  const stops = config["stopSequences"];
  if (isArray(stops) && stops.length > mostStopSequences)
    found.push(`* ${at}.stop_sequences: at most ${mostStopSequences} stop sequences are allowed.`);
  if (config["logprobs"] !== undefined && config["responseLogprobs"] !== true)
    found.push(`* ${at}.logprobs: only valid if response_logprobs is true.`);
  const thinking = object(config["thinkingConfig"]);
  if (thinking["thinkingBudget"] !== undefined && thinking["thinkingLevel"] !== undefined)
    found.push("You can only set only one of thinking budget and thinking level.");
  checkFormat(config, at, found);
  const blank = objects(object(request["systemInstruction"])["parts"]).filter((part) => typeof part["text"] !== "string");
  if (blank.length > 0) found.push("* GenerateContentRequest.system_instruction: only text is supported.");
}

function checkFormat(config: JsonObject, at: string, found: string[]): void {
  const { responseSchema, responseMimeType: mime } = config;
  const json = config["responseJsonSchema"] ?? config["_responseJsonSchema"];
  const given = (value: Json | undefined): boolean => value !== undefined;
  if (given(responseSchema) && given(json)) found.push(`* ${at}: response_schema and response_json_schema exclude each other.`);
  if (typeof mime === "string" && mime !== "" && !mimes.has(mime))
    found.push(
      `* ${at}.response_mime_type: allowed mimetypes are \`text/plain\`, \`application/json\`, \`application/xml\`, \`application/yaml\` and \`text/x.enum\`.`,
    );
  if ((given(responseSchema) || given(json)) && mime !== "application/json" && mime !== "text/x.enum")
    found.push(`* ${at}.response_mime_type: must be application/json or text/x.enum where a schema is given.`);
  if (isObject(responseSchema))
    for (const one of schemaFindings(responseSchema)) found.push(located(`${at}.response_schema`, one));
  if (isObject(json)) for (const one of jsonSchemaFindings(json)) found.push(`* ${at}.response_json_schema${one}`);
}

const mimes = new Set(["text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum"]);
