import type { ChatRequest, ResponseFormat } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { compileSchema, type Restore } from "../shared/schema/index.ts";
import type { Scope } from "./scope.ts";
import { type Draft, put } from "./spelling.ts";
import { encodeThinking } from "./thinking.ts";

/** Most stop sequences the API takes. */
const mostStops = 5;
const mostCandidates = 8;

export interface EncodedConfig {
  readonly config: Draft | undefined;
  /** Puts an answer back into the form of the caller's schema, where that is needed. */
  readonly restore: Restore | undefined;
  /** Asks in words for what the API cannot be asked for. */
  readonly instruction: string | undefined;
}

/** `generationConfig`. `functions`: whether the model is offered any. */
export function encodeConfig(request: ChatRequest, functions: boolean, scope: Scope): EncodedConfig {
  const { native } = scope;
  const config: Draft = {};
  put(config, "stopSequences", stops(request, scope));
  put(config, "temperature", temperature(request, scope));
  put(config, "topP", topP(request, scope));
  put(config, "topK", request.topK);
  put(config, "candidateCount", candidates(request, scope));
  put(config, "maxOutputTokens", request.maxOutputTokens);
  put(config, "seed", seed(request, scope));
  put(config, "presencePenalty", request.presencePenalty);
  put(config, "frequencyPenalty", request.frequencyPenalty);
  put(config, "responseLogprobs", request.logprobs);
  put(config, "logprobs", topLogprobs(request, scope));
  put(config, "responseModalities", modalities(request, scope));
  const format = encodeFormat(request, functions, scope);
  for (const [field, value] of Object.entries(format.fields)) put(config, field, value);
  put(config, "thinkingConfig", encodeThinking(request.reasoning, request.spelling, scope));
  const sent = Object.keys(config).length > 0 || (native && request.spelling?.["generationConfig"] === "empty");
  return { config: sent ? config : undefined, restore: format.restore, instruction: format.instruction };
}

function stops({ stop }: ChatRequest, { native, losses }: Scope): readonly string[] | undefined {
  if (stop === undefined || native) return stop;
  if (stop.length > mostStops) {
    const detail = `the API takes ${mostStops} stop sequences; the last ${stop.length - mostStops} were left out.`;
    losses.approximate("stop_sequences_cut", "stop", detail);
  }
  return stop.length === 0 ? undefined : stop.slice(0, mostStops);
}

function temperature({ temperature: value }: ChatRequest, { native, losses }: Scope): number | undefined {
  if (value === undefined || native || value <= 2) return value;
  losses.approximate("temperature_fitted", "temperature", "the API takes up to 2.");
  return 2;
}

/** Anthropic's older clients send -1 for "as you like". */
function topP({ topP: value }: ChatRequest, { native, losses }: Scope): number | undefined {
  if (value === undefined || native || (value >= 0 && value <= 1)) return value;
  losses.drop("top_p_dropped", "top_p", `this API takes 0 to 1, not ${value}.`);
  return undefined;
}

function candidates({ choices }: ChatRequest, { native, losses }: Scope): number | undefined {
  if (choices === undefined || native || choices <= mostCandidates) return choices;
  losses.approximate("choices_cut", "n", `the API gives ${mostCandidates} answers at most.`);
  return mostCandidates;
}

/** The API's seeds have 32 bits. */
function seed({ seed: value }: ChatRequest, { native, losses }: Scope): number | undefined {
  if (value === undefined || native || value === (value | 0)) return value;
  losses.approximate("seed_fitted", "seed", "the API's seeds have 32 bits; the lowest were sent.");
  return value | 0;
}

function topLogprobs({ logprobs, topLogprobs: most }: ChatRequest, { native, losses }: Scope): number | undefined {
  if (most === undefined || native) return most;
  if (logprobs !== true) return undefined;
  if (most <= 20) return most === 0 ? undefined : most;
  losses.approximate("top_logprobs_fitted", "top_logprobs", "the API takes up to 20.");
  return 20;
}

function modalities({ modalities: asked, spelling }: ChatRequest, { native }: Scope): readonly string[] | undefined {
  if (asked === undefined) return undefined;
  const sent = native ? spelling?.["responseModalities"]?.split(",") : undefined;
  if (sent !== undefined && sent.length === asked.length) return sent;
  // Text alone is what is meant without.
  if (!native && asked.every((one) => one === "text")) return undefined;
  return asked.map((one) => one.toUpperCase());
}

interface Format {
  readonly fields: JsonObject;
  readonly restore?: Restore | undefined;
  readonly instruction?: string | undefined;
}

function encodeFormat(request: ChatRequest, functions: boolean, scope: Scope): Format {
  const { responseFormat: format, spelling } = request;
  const { native } = scope;
  if (format === undefined) return { fields: {} };
  if (format.type === "text") return { fields: native ? { responseMimeType: "text/plain" } : {} };
  if (!native && functions && (scope.generation ?? 0) < 3) return inWords(format, scope);
  const json = { responseMimeType: "application/json" };
  if (format.type === "json") return { fields: json };
  const sent = native ? spelling?.["responseFormat"]?.split(" ") : undefined;
  if (sent?.[0] !== undefined) {
    const raw = format.written?.schema === format.schema ? format.written.raw : format.schema;
    return { fields: { ...(sent[1] === undefined && json), [sent[0]]: raw } };
  }
  return compiled(format, scope);
}

function compiled(format: Extract<ResponseFormat, { type: "json-schema" }>, { target, losses }: Scope): Format {
  const openapi = target.quirks.schemaDialect === "openapi";
  const {
    schema,
    losses: lost,
    coerces,
    restore,
  } = compileSchema(format.schema, openapi ? "gemini-openapi" : "gemini-json-schema", "answer");
  for (const { at, kind, detail } of lost) {
    const path = `response_format.schema${at === "" ? "" : `.${at}`}`;
    if (kind === "dropped") losses.drop("answer_schema", path, detail);
    else losses.approximate("answer_schema", path, detail);
  }
  const described = format.description !== undefined && schema["description"] === undefined;
  const field = openapi ? "responseSchema" : "responseJsonSchema";
  return {
    fields: {
      responseMimeType: "application/json",
      [field]: described ? { ...schema, description: format.description } : schema,
    },
    restore: coerces ? restore : undefined,
  };
}

/** Models before the third generation refuse functions and a JSON answer together: the functions stay. */
function inWords(format: ResponseFormat, { losses }: Scope): Format {
  const schema = format.type === "json-schema" ? ` that fits this JSON Schema: ${JSON.stringify(format.schema)}` : "";
  const detail = "this model takes no functions together with a format of the answer; it was told in words.";
  losses.emulate(format.type === "json" ? "json_mode" : "json_schema_emulated", "response_format", detail);
  const instruction = `When you answer without calling a function, answer with one valid JSON value and nothing else (no other words, no code fence)${schema}`;
  return { fields: {}, instruction };
}
