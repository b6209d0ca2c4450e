import type { OutputForm } from "../../canonical/call.ts";
import type { ChatRequest, Message, Reasoning } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { boolean, list, number, object, optional, others, refuse, text, wantText } from "../shared/read.ts";
import { decodeInput } from "./decode-items.ts";
import { decodeFormat, decodeToolChoice, decodeTools } from "./decode-tools.ts";
import { name } from "./name.ts";

/** Request fields that this wire reads; all others go to `extra`. */
const known = new Set([
  ...["model", "input", "instructions", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "text"],
  ...["reasoning", "max_output_tokens", "max_tool_calls", "temperature", "top_p", "top_logprobs", "include", "store"],
  ...["previous_response_id", "conversation", "prompt", "truncation", "background", "service_tier", "safety_identifier"],
  ...["prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "user", "metadata", "context_management"],
  ...["moderation"],
]);

/** The model a caller asks for. Throws `invalid_request` where there is none. */
export function readModel(body: JsonObject): string {
  const { model } = body;
  if (model === undefined || model === null) return refuse("model", "the name of a model");
  return wantText(model, "model") || refuse("model", "the name of a model");
}

export const readStream = (body: JsonObject): boolean => optional(body["stream"], "stream", boolean, "true or false") ?? false;

/** The stored answer or conversation that a request goes on from. */
export function readContinues(body: JsonObject): string | undefined {
  const previous = optional(body["previous_response_id"], "previous_response_id", text, "a string");
  const { conversation } = body;
  return previous ?? text(conversation) ?? text(object(conversation)?.["id"]);
}

/** The form that the answer is to have. */
export function readOutput(body: JsonObject): OutputForm | undefined {
  const format = object(object(body["text"])?.["format"]);
  if (format?.["type"] === "json_schema") return { schema: object(format["schema"]) };
  return format?.["type"] === "json_object" ? {} : undefined;
}

/**
 * A caller's body as a canonical request. `spelling` keeps, by wire field, where the body's form is not the usual one: `null`
 * for an explicit null, `string` for an input that is one, `empty` for an empty object, `false` for a stream not wanted.
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

  if (body["stream"] === false) spelling["stream"] = "false";
  if (typeof body["input"] === "string") spelling["input"] = "string";
  if (body["input"] === undefined) spelling["input"] = "absent";
  const choice = asJson("tool_choice");
  const toolChoice = choice === undefined ? undefined : decodeToolChoice(choice);
  if (choice !== undefined && toolChoice === undefined) taken.delete("tool_choice");
  const written = asObject("text");
  const given = written?.["format"] ?? undefined;
  const responseFormat = given === undefined ? undefined : decodeFormat(given);
  const verbosity = text(written?.["verbosity"]);
  // What of `text` is null, or of a shape nobody knows, goes along as it is.
  const read = [...(responseFormat === undefined ? [] : ["format"]), ...(verbosity === undefined ? [] : ["verbosity"])];
  const unwritten = written && others(written, new Set(read));
  if (written !== undefined && read.length === 0 && unwritten === undefined) spelling["text"] = "empty";
  const include = readTexts(body["include"], "include");
  const options = asObject("stream_options");
  const unnamed = others(body, taken);
  const extra = unwritten === undefined ? unnamed : { ...unnamed, text: unwritten };

  return {
    model,
    messages: [...instructions(body["instructions"]), ...input(body)],
    tools: decodeTools(body["tools"]),
    toolChoice,
    parallelToolCalls: asBoolean("parallel_tool_calls"),
    responseFormat,
    reasoning: readReasoning(asObject("reasoning"), spelling),
    maxOutputTokens: asNumber("max_output_tokens"),
    maxToolCalls: asNumber("max_tool_calls"),
    temperature: asNumber("temperature"),
    topP: asNumber("top_p"),
    logprobs: include?.includes(logprobs) ? true : undefined,
    topLogprobs: asNumber("top_logprobs"),
    include,
    endUser: asText("user"),
    safetyIdentifier: asText("safety_identifier"),
    metadata: asObject("metadata"),
    serviceTier: asText("service_tier"),
    verbosity,
    store: asBoolean("store"),
    previousResponse: asText("previous_response_id"),
    conversation: asJson("conversation"),
    promptTemplate: asJson("prompt"),
    truncation: asText("truncation"),
    background: asBoolean("background"),
    compaction: asJson("context_management"),
    moderation: asJson("moderation"),
    promptCacheKey: asText("prompt_cache_key"),
    promptCacheRetention: asText("prompt_cache_retention"),
    promptCacheOptions: asJson("prompt_cache_options"),
    streamOptions: options,
    spelling,
    extra,
    extraOrigin: name,
  };
}

/** What `include` names where the caller wants log probabilities. */
export const logprobs = "message.output_text.logprobs";

function instructions(value: Json | undefined): readonly Message[] {
  if (value === undefined || value === null) return [];
  return [{ role: "system", content: [{ type: "text", text: wantText(value, "instructions") }], as: "instructions" }];
}

/** A request that goes on from something kept may add nothing of its own. */
function input(body: JsonObject): readonly Message[] {
  const { input: value } = body;
  if (value !== undefined && value !== null) return decodeInput(value);
  if (body["prompt"] || readContinues(body) !== undefined) return [];
  return refuse("input", "a string or a list of items");
}

function readTexts(value: Json | undefined, param: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const items = list(value) ?? refuse(param, "a list of strings");
  return items.map((item, index) => wantText(item, `${param}[${index}]`));
}

/** How thoughts are summed up is kept in `spelling`, with what was null. */
function readReasoning(value: JsonObject | undefined, spelling: Record<string, string>): Reasoning | undefined {
  if (value === undefined) return undefined;
  const { effort, summary, generate_summary: older, context, mode } = { ...texts(value) };
  const named = ["effort", "summary", "generate_summary", "context", "mode"];
  const nulls = named.filter((field) => value[field] === null).map((field) => `${field}=null`);
  const shown = [
    ...(summary === undefined ? [] : [`summary=${summary}`]),
    ...(older === undefined ? [] : [`generate_summary=${older}`]),
  ];
  const form = [...shown, ...nulls];
  if (form.length > 0) spelling["reasoning"] = form.join(" ");
  const extra = others(value, new Set(named.filter((field) => value[field] === null || typeof value[field] === "string")));
  return {
    ...(effort !== undefined && { effort }),
    ...(shown.length > 0 && { display: "summarized" }),
    ...(context !== undefined && { context }),
    ...(mode !== undefined && { grade: mode }),
    ...(extra && { extra }),
  };
}

/** The members that are texts. */
const texts = (value: JsonObject): { readonly [field: string]: string | undefined } =>
  Object.fromEntries(Object.entries(value).flatMap(([field, member]) => (typeof member === "string" ? [[field, member]] : [])));
