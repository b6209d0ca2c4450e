import type { OutputForm } from "../../canonical/call.ts";
import type { ChatRequest, Reasoning, ResponseFormat } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { boolean, number, optional, refuse, text, wantObject, wantText } from "../shared/read.ts";
import { asWritten } from "./decode-tools.ts";
import { camel, type Draft } from "./spelling.ts";

/** Fields in which the answer's schema may stand, the first that is there counts; the second is not JSON Schema. */
export const schemaFields = ["responseJsonSchema", "_responseJsonSchema", "responseSchema"] as const;

const read = new Set([
  ...["stopSequences", "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "seed", "presencePenalty"],
  ...["frequencyPenalty", "responseLogprobs", "logprobs", "responseModalities", "thinkingConfig"],
]);

export interface DecodedConfig {
  readonly fields: Partial<ChatRequest>;
  /** Fields that no other wire has words for, by their paths. */
  readonly settings: Draft;
}

const at = (field: string): string => `generationConfig.${field}`;

/** `generationConfig`. What cannot be told from the fields goes to `spelling`. */
export function decodeConfig(value: Json | undefined, snakes: Set<string>, spelling: Record<string, string>): DecodedConfig {
  const settings: Draft = {};
  if (value === undefined || value === null) return { fields: {}, settings };
  const config = camel(wantObject(value, "generationConfig"), snakes);
  if (Object.keys(config).length === 0) spelling["generationConfig"] = "empty";
  const asNumber = (field: string): number | undefined => optional(config[field], at(field), number, "a number");
  const format = decodeFormat(config, spelling);
  const thinking = decodeThinking(config["thinkingConfig"], snakes, spelling, settings);
  for (const [field, member] of Object.entries(config)) {
    if (member === null) settings[at(field)] = null;
    else if (!read.has(field) && !format.taken.has(field) && member !== undefined) settings[at(field)] = member;
  }
  const fields: Partial<ChatRequest> = {
    stop: texts(config["stopSequences"], at("stopSequences")),
    temperature: asNumber("temperature"),
    topP: asNumber("topP"),
    topK: asNumber("topK"),
    choices: asNumber("candidateCount"),
    maxOutputTokens: asNumber("maxOutputTokens"),
    seed: asNumber("seed"),
    presencePenalty: asNumber("presencePenalty"),
    frequencyPenalty: asNumber("frequencyPenalty"),
    logprobs: optional(config["responseLogprobs"], at("responseLogprobs"), boolean, "true or false"),
    topLogprobs: asNumber("logprobs"),
    modalities: modalities(config["responseModalities"], spelling),
    responseFormat: format.format,
    reasoning: thinking,
  };
  return { fields, settings };
}

function texts(value: Json | undefined, param: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isArray(value)) return refuse(param, "a list of strings");
  return value.map((one, index) => wantText(one, `${param}[${index}]`));
}

function modalities(value: Json | undefined, spelling: Record<string, string>): readonly string[] | undefined {
  const found = texts(value, at("responseModalities"));
  const small = found?.map((one) => one.toLowerCase());
  if (found?.some((one, index) => one !== small?.[index]?.toUpperCase())) spelling["responseModalities"] = found.join(",");
  return small;
}

interface DecodedFormat {
  readonly format: ResponseFormat | undefined;
  readonly taken: ReadonlySet<string>;
}

const nothing: DecodedFormat = { format: undefined, taken: new Set() };

function decodeFormat(config: JsonObject, spelling: Record<string, string>): DecodedFormat {
  const mime = optional(config["responseMimeType"], at("responseMimeType"), text, "a string");
  if (mime === "text/plain") return { format: { type: "text" }, taken: new Set(["responseMimeType"]) };
  const field = schemaFields.find((one) => isObject(config[one]));
  const schema = field === undefined ? undefined : config[field];
  if (isObject(schema) && field !== undefined && (mime === undefined || mime === "application/json")) {
    spelling["responseFormat"] = mime === undefined ? `${field} untyped` : field;
    const taken = new Set(["responseMimeType", field]);
    if (field !== "responseSchema") return { format: { type: "json-schema", schema }, taken };
    const { parameters, written } = asWritten(schema);
    return { format: { type: "json-schema", schema: parameters, written }, taken };
  }
  return mime === "application/json" ? { format: { type: "json" }, taken: new Set(["responseMimeType"]) } : nothing;
}

/** The form that an answer is to have, as routing needs it. */
export function readOutput(value: Json | undefined): OutputForm | undefined {
  if (!isObject(value)) return undefined;
  const { format } = decodeFormat(camel(value, new Set()), {});
  if (format === undefined || format.type === "text") return undefined;
  return format.type === "json-schema" ? { schema: format.schema } : {};
}

function decodeThinking(
  value: Json | undefined,
  snakes: Set<string>,
  spelling: Record<string, string>,
  settings: Draft,
): Reasoning | undefined {
  if (value === undefined || value === null) return undefined;
  const config = camel(wantObject(value, at("thinkingConfig")), snakes);
  const where = (field: string): string => at(`thinkingConfig.${field}`);
  const budget = optional(config["thinkingBudget"], where("thinkingBudget"), number, "a number");
  const level = optional(config["thinkingLevel"], where("thinkingLevel"), text, "a string");
  const shown = optional(config["includeThoughts"], where("includeThoughts"), boolean, "true or false");
  for (const [field, member] of Object.entries(config)) {
    const known = field === "thinkingBudget" || field === "thinkingLevel" || field === "includeThoughts";
    if ((!known || member === null) && member !== undefined) settings[where(field)] = member;
  }
  if (level !== undefined && level !== level.toUpperCase()) spelling["thinkingLevel"] = level;
  // -1 leaves it to the model, 0 turns it off.
  const mode = budget === -1 ? "adaptive" : budget === 0 ? "disabled" : undefined;
  return {
    ...(mode !== undefined && { mode }),
    ...(level !== undefined && level !== "THINKING_LEVEL_UNSPECIFIED" && { effort: level.toLowerCase() }),
    ...(level === "THINKING_LEVEL_UNSPECIFIED" && { extra: { thinkingLevel: level } }),
    ...(budget !== undefined && mode === undefined && { budgetTokens: budget }),
    ...(shown !== undefined && { display: shown ? "summarized" : "omitted" }),
  };
}
