import type { OutputForm } from "../../canonical/call.ts";
import type { ChatRequest, Reasoning } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { readCache } from "../shared/openai/cache.ts";
import { boolean, list, number, object, optional, others, refuse, text, wantText } from "../shared/read.ts";
import type { Incoming } from "../wire.ts";
import { decodeMessages } from "./decode-messages.ts";
import { decodeFunctionCall, decodeResponseFormat, decodeToolChoice, decodeTools } from "./decode-tools.ts";
import { name } from "./name.ts";

/** Request fields that this wire reads; all others go to `extra`. */
const known = new Set([
  ...["model", "messages", "stream", "stream_options", "tools", "functions", "tool_choice", "function_call"],
  ...["parallel_tool_calls", "response_format", "reasoning_effort", "max_tokens", "max_completion_tokens", "temperature"],
  ...["top_p", "frequency_penalty", "presence_penalty", "stop", "seed", "n", "logprobs", "top_logprobs", "logit_bias"],
  ...["user", "safety_identifier", "metadata", "service_tier", "verbosity", "modalities", "audio", "prediction", "store"],
  ...["web_search_options", "moderation", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"],
]);

/**
 * The model a caller asks for. Azure's clients name it in the path instead of the body.
 * Throws `invalid_request` where there is none.
 */
export function readModel(incoming: Incoming): string {
  const model = incoming.body["model"];
  if (model === undefined || model === null) {
    const deployment = /\/deployments\/([^/]+)\/chat\/completions$/.exec(incoming.path)?.[1];
    if (deployment !== undefined) return deployment;
    return refuse("model", "the name of a model");
  }
  return wantText(model, "model") || refuse("model", "the name of a model");
}

export const readStream = (body: JsonObject): boolean => optional(body["stream"], "stream", boolean, "true or false") ?? false;

/** The form that the answer is to have. */
export function readOutput(body: JsonObject): OutputForm | undefined {
  const format = object(body["response_format"]);
  if (format?.["type"] === "json_schema") return { schema: object(object(format["json_schema"])?.["schema"]) };
  return format?.["type"] === "json_object" ? { schema: object(format["schema"]) } : undefined;
}

/**
 * A caller's body as a canonical request. `spelling` keeps, by wire field, where the body's form is not the usual one: `null`
 * for an explicit null, and per field what `encode-request.ts` reads there.
 */
export function decodeRequest(body: JsonObject, model: string): ChatRequest {
  const spelling: Record<string, string> = {};
  const taken = new Set(known);
  for (const field of known) if (body[field] === null) spelling[field] = "null";
  const asNumber = (field: string): number | undefined => optional(body[field], field, number, "a number");
  const asBoolean = (field: string): boolean | undefined => optional(body[field], field, boolean, "true or false");
  const asText = (field: string): string | undefined => optional(body[field], field, text, "a string");
  const asObject = (field: string): JsonObject | undefined => optional(body[field], field, object, "an object");
  const asJson = (field: string): Json | undefined => body[field] ?? undefined;
  /** A field that only some providers have, read where it is what we expect and else left unnamed. */
  const borrowed = <T>(field: string, read: (value: Json | undefined) => T | undefined): T | undefined => {
    const value = read(body[field]);
    if (value !== undefined) {
      taken.add(field);
      spelling[field] = "as sent";
    }
    return value;
  };

  if (body["stream"] === false) spelling["stream"] = "false";
  const stop = body["stop"];
  if (typeof stop === "string") spelling["stop"] = "string";
  const options = asObject("stream_options");
  if (options !== undefined && body["stream"] !== true) spelling["stream_options"] = "unstreamed";
  const streamOptions = options && others(options, new Set(["include_usage"]));
  const choice = readToolChoice(body, spelling, taken);
  const shape = body["response_format"] ?? undefined;
  const format = shape === undefined ? undefined : decodeResponseFormat(shape);
  if (shape !== undefined) {
    if (format === undefined) taken.delete("response_format");
    else if (format.as !== undefined) spelling["response_format"] = format.as;
  }
  const mark = readCache({ cache_control: body["cache_control"] });
  if (mark.cache !== undefined) taken.add("cache_control");
  const seed = asNumber("seed");

  const request: ChatRequest = {
    model,
    messages: decodeMessages(body["messages"]),
    tools: decodeTools(body),
    toolChoice: choice,
    parallelToolCalls: asBoolean("parallel_tool_calls"),
    responseFormat: format?.format,
    reasoning: readReasoning(body, spelling, taken),
    maxOutputTokens: readLimit(body, spelling),
    temperature: asNumber("temperature"),
    topP: asNumber("top_p"),
    topK: borrowed("top_k", number),
    frequencyPenalty: asNumber("frequency_penalty"),
    presencePenalty: asNumber("presence_penalty"),
    stop: readStop(stop),
    seed: seed ?? (body["seed"] === undefined ? borrowed("random_seed", number) : undefined),
    choices: asNumber("n"),
    logprobs: asBoolean("logprobs"),
    topLogprobs: asNumber("top_logprobs"),
    logitBias: asObject("logit_bias"),
    endUser: asText("user"),
    safetyIdentifier: asText("safety_identifier"),
    metadata: asObject("metadata"),
    serviceTier: asText("service_tier"),
    verbosity: asText("verbosity"),
    modalities: readTexts(body["modalities"], "modalities"),
    audio: asJson("audio"),
    prediction: asJson("prediction"),
    store: asBoolean("store"),
    webSearch: asJson("web_search_options"),
    moderation: asJson("moderation"),
    promptCacheKey: asText("prompt_cache_key"),
    promptCacheRetention: asText("prompt_cache_retention"),
    promptCacheOptions: asJson("prompt_cache_options"),
    cache: mark.cache,
    streamUsage: options && optional(options["include_usage"], "stream_options.include_usage", boolean, "true or false"),
    streamOptions,
    spelling,
    extra: others(body, taken),
    extraOrigin: name,
  };
  return request;
}

function readStop(stop: Json | undefined): readonly string[] | undefined {
  return typeof stop === "string" ? [stop] : readTexts(stop, "stop");
}

function readTexts(value: Json | undefined, param: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const texts = (list(value) ?? refuse(param, "a list of strings")).filter((item) => typeof item === "string");
  return texts.length === list(value)?.length ? texts : refuse(param, "a list of strings");
}

/** The output limit in either name. Where both are sent and differ, the newer one counts. */
function readLimit(body: JsonObject, spelling: Record<string, string>): number | undefined {
  const limit = (field: string): number | undefined => optional(body[field], field, number, "a number");
  const older = limit("max_tokens");
  const newer = limit("max_completion_tokens");
  if (older === undefined) return newer;
  spelling["max_tokens"] = String(older);
  if (newer !== undefined) spelling["max_completion_tokens"] = "as sent";
  return newer ?? older;
}

function readToolChoice(body: JsonObject, spelling: Record<string, string>, taken: Set<string>): ChatRequest["toolChoice"] {
  const legacy = body["function_call"] ?? undefined;
  const value = body["tool_choice"] ?? undefined;
  if (legacy !== undefined) spelling["function_call"] = JSON.stringify(legacy);
  if (value === undefined) return legacy === undefined ? undefined : decodeFunctionCall(legacy);
  const choice = decodeToolChoice(value);
  if (choice === undefined) taken.delete("tool_choice");
  else spelling["tool_choice"] = choice.as ?? "as sent";
  return choice?.choice;
}

/**
 * How much the model may think, in any of the three forms that OpenAI-like providers have: `reasoning_effort`, `reasoning`
 * (OpenRouter) and `thinking` (DeepSeek, Z.ai, and Anthropic's own through gateways). A form that says what the forms before
 * it already said stays unnamed.
 */
function readReasoning(body: JsonObject, spelling: Record<string, string>, taken: Set<string>): Reasoning | undefined {
  let effort = optional(body["reasoning_effort"], "reasoning_effort", text, "a string");
  let mode: Reasoning["mode"];
  let budgetTokens: number | undefined;
  let extra: JsonObject | undefined;
  const other = object(body["reasoning"]);
  if (other !== undefined && effort === undefined) {
    const { effort: word, max_tokens: budget, enabled } = other;
    const fits =
      (word === undefined || typeof word === "string") &&
      (budget === undefined || typeof budget === "number") &&
      (enabled === undefined || typeof enabled === "boolean");
    if (fits) {
      effort = text(word);
      budgetTokens = number(budget);
      if (enabled !== undefined) mode = enabled ? "enabled" : "disabled";
      extra = others(other, new Set(["effort", "max_tokens", "enabled"]));
      spelling["reasoning"] = "as sent";
      taken.add("reasoning");
    }
  }
  const thinking = object(body["thinking"]);
  if (thinking !== undefined && other === undefined) {
    const { type, budget_tokens: budget } = thinking;
    const known = type === undefined || type === "enabled" || type === "disabled" || type === "adaptive";
    if (known && (budget === undefined || typeof budget === "number")) {
      mode = type;
      budgetTokens = number(budget);
      extra = others(thinking, new Set(["type", "budget_tokens"]));
      spelling["thinking"] = "as sent";
      taken.add("thinking");
    }
  }
  if (effort === undefined && mode === undefined && budgetTokens === undefined && extra === undefined) {
    return "reasoning" in spelling || "thinking" in spelling ? {} : undefined;
  }
  return { effort, mode, budgetTokens, extra };
}
