import type { ChatRequest } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { validateHistory } from "../shared/history.ts";
import { isEmpty } from "../shared/losses.ts";
import { onlyAnthropic } from "../shared/only-anthropic.ts";
import { onlyResponses } from "../shared/only-responses.ts";
import { samplingFor } from "../shared/openai/sampling.ts";
import { restoring } from "../shared/schema/index.ts";
import type { EncodedRequest, Target } from "../wire.ts";
import { ChatDecoder } from "./decode-reply.ts";
import { encodeMessages } from "./encode-messages.ts";
import { encodeReasoningSetting } from "./encode-reasoning.ts";
import { encodeResponseFormat, encodeToolChoice, encodeTools } from "./encode-tools.ts";
import { emulated, jsonInWords } from "./json-in-words.ts";
import { name, path } from "./name.ts";
import { type Scope, scopeFor } from "./scope.ts";

/** Most stop sequences the API takes. */
const mostStops = 4;
const serviceTiers = new Set(["auto", "default", "flex", "scale", "priority", "fast"]);

/**
 * A canonical request as a body for a provider. What was decoded from this wire comes out as it came in, but for the model,
 * the stream settings and the target's quirks. Throws `invalid_request` for a history no provider takes.
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest<"chat"> {
  const homeless = onlyResponses(request);
  validateHistory(request.messages);
  const native = request.extraOrigin === name;
  const scope = scopeFor(native, target);
  for (const { code, at, detail } of homeless) scope.losses.ignore(code, at, detail);
  const tools = encodeTools(request.tools, scope);
  const offered = tools["tools"] !== undefined || tools["functions"] !== undefined;
  const body: Record<string, Json | undefined> = {
    model: target.model,
    messages: encodeMessages(request.messages, scope),
    ...tools,
    ...encodeToolChoice(request, offered, scope),
    ...encodeReasoningSetting(request, scope),
    ...limit(request, scope),
    ...plain(request, scope),
    ...((offered || native) && request.parallelToolCalls !== undefined && { parallel_tool_calls: request.parallelToolCalls }),
    ...borrowed(request, scope),
    ...streaming(request, scope),
  };
  encodeFormat(request, body, scope);
  if (native) {
    for (const [field, form] of Object.entries(request.spelling ?? {})) {
      if (form === "null" && body[field] === undefined && !(target.stream && field === "stream_options")) body[field] = null;
    }
  }
  unnamed(request, body, scope);
  if (!native && request.messages.at(-1)?.role === "assistant") {
    const at = `messages[${request.messages.length - 1}]`;
    scope.losses.approximate("prefill_not_continued", at, "this API answers the last message; it does not go on with it.");
  }
  for (const field of scope.losses.refused(body, target)) body[field] = undefined;
  const decoder = new ChatDecoder({
    provider: target.provider,
    names: scope.toolNames,
    choices: request.choices ?? 1,
    reasoningBack: target.quirks.reasoningBack,
  });
  return {
    wireRequest: { path, headers: { "content-type": "application/json" }, body: defined(body) },
    warnings: scope.losses.warnings,
    decoder: restoring(decoder, scope.restores),
  };
}

/** The answer's form; in words where the provider knows no schemas. */
function encodeFormat(request: ChatRequest, body: Record<string, Json | undefined>, scope: Scope): void {
  const { responseFormat: format, spelling } = request;
  if (format === undefined) return;
  if (format.type !== "json-schema" || scope.target.quirks.schemaOutput !== false) {
    body["response_format"] = encodeResponseFormat(format, spelling?.["response_format"], scope);
    return;
  }
  const { schema, description = null } = format;
  const worded = jsonInWords({
    ...defined(body),
    response_format: { type: "json_schema", json_schema: { schema, description } },
  });
  if (worded === undefined) return;
  body["messages"] = worded.messages;
  body["response_format"] = worded.response_format;
  scope.losses.emulate(emulated.code, emulated.at, emulated.detail);
}

const defined = (body: Record<string, Json | undefined>): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));

/** Fields that mean the same on both sides. */
function plain(request: ChatRequest, scope: Scope): JsonObject {
  return {
    temperature: samplingFor("temperature", request.temperature, scope.target.model, scope),
    top_p: samplingFor("top_p", topP(request, scope), scope.target.model, scope),
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    stop: stop(request, scope),
    n: request.choices,
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
    logit_bias: request.logitBias,
    user: request.endUser,
    safety_identifier: request.safetyIdentifier,
    metadata: request.metadata,
    service_tier: serviceTier(request, scope),
    verbosity: request.verbosity,
    modalities: modalities(request, scope),
    audio: request.audio,
    prediction: request.prediction,
    store: request.extraOrigin === "openai-responses" ? undefined : request.store,
    web_search_options: request.webSearch,
    moderation: request.moderation,
    prompt_cache_key: request.promptCacheKey,
    prompt_cache_retention: request.promptCacheRetention,
    prompt_cache_options: request.promptCacheOptions,
  };
}

/** Of another wire's callers: this API answers in text and sound. */
function modalities({ modalities: asked }: ChatRequest, { losses, native }: Scope): readonly string[] | undefined {
  const taken = native ? asked : asked?.filter((kind) => kind === "text" || kind === "audio");
  if (taken?.length === asked?.length) return asked;
  losses.drop("modalities_dropped", "modalities", "this API answers in text and audio only.");
  return taken?.length === 0 ? undefined : taken;
}

/** Anthropic's older clients send -1 for "as you like". */
function topP({ topP: value }: ChatRequest, { losses, native }: Scope): number | undefined {
  if (value === undefined || native || (value >= 0 && value <= 1)) return value;
  losses.drop("top_p_dropped", "top_p", `this API takes 0 to 1, not ${value}.`);
  return undefined;
}

function stop({ stop: stops, spelling }: ChatRequest, { losses, native }: Scope): Json | undefined {
  if (stops === undefined) return undefined;
  if (native) return spelling?.["stop"] === "string" && stops.length === 1 ? stops[0] : stops;
  if (stops.length === 0) return undefined;
  if (stops.length <= mostStops) return stops;
  losses.approximate(
    "stop_sequences_cut",
    "stop",
    `the API takes ${mostStops} stop sequences; the last ${stops.length - mostStops} were left out.`,
  );
  return stops.slice(0, mostStops);
}

function serviceTier({ serviceTier: tier }: ChatRequest, { losses, native }: Scope): string | undefined {
  if (tier === undefined || native || serviceTiers.has(tier)) return tier;
  if (tier === "standard_only") {
    losses.approximate("service_tier_approximated", "service_tier", "standard_only was sent as default.");
    return "default";
  }
  losses.drop("service_tier_dropped", "service_tier", `this API has no tier ${tier}.`);
  return undefined;
}

/** The output limit under the name the provider knows, else the one the caller used. */
function limit(request: ChatRequest, { target, native }: Scope): JsonObject {
  const { maxOutputTokens: most, spelling } = request;
  if (most === undefined) return {};
  const field = target.quirks.maxTokensField;
  if (field !== undefined) return { [field]: most };
  const older = native ? spelling?.["max_tokens"] : undefined;
  if (older === undefined || older === "null") {
    const preferred = native ? undefined : target.quirks.maxTokensPreferred;
    return { [preferred ?? "max_completion_tokens"]: most };
  }
  const both = spelling?.["max_completion_tokens"] === "as sent";
  return both ? { max_tokens: Number(older), max_completion_tokens: most } : { max_tokens: most };
}

/** Fields that only some speakers of this wire have, and fields of other wires: to the former as sent, else reported. */
function borrowed(request: ChatRequest, { losses, native }: Scope): JsonObject {
  const { spelling, cache } = request;
  const sent = (field: string): boolean => native && spelling?.[field] !== undefined;
  const made: Record<string, Json> = {};
  if (request.seed !== undefined) made[sent("random_seed") ? "random_seed" : "seed"] = request.seed;
  if (request.topK !== undefined) {
    if (sent("top_k")) made["top_k"] = request.topK;
    else losses.drop("top_k_dropped", "top_k", "this API has no top_k; use top_p.");
  }
  if (cache !== undefined) {
    if (native) made["cache_control"] = { type: "ephemeral", ...(cache.ttl && { ttl: cache.ttl }) };
    else losses.ignore("cache_control_ignored", "cache_control", "this API caches prompts by itself and takes no breakpoints.");
  }
  onlyAnthropic(request, losses);
  return made;
}

/** `stream` and `stream_options`: the usage is always asked for, whether or not the caller did. */
function streaming(request: ChatRequest, { target, native }: Scope): JsonObject {
  const { spelling, streamOptions, streamUsage } = request;
  if (target.stream) {
    const options = { ...(native && streamOptions), ...(target.quirks.streamUsage !== false && { include_usage: true }) };
    return { stream: true, ...(Object.keys(options).length > 0 && { stream_options: options }) };
  }
  const sent = native ? spelling?.["stream"] : undefined;
  const unstreamed = native && spelling?.["stream_options"] === "unstreamed";
  return {
    ...(sent === "false" && { stream: false }),
    ...(unstreamed && { stream_options: { ...streamOptions, ...(streamUsage !== undefined && { include_usage: streamUsage }) } }),
  };
}

/** Fields that no specification names go to the wire they came from only. */
function unnamed(request: ChatRequest, body: Record<string, Json | undefined>, scope: Scope): void {
  for (const [field, value] of Object.entries({ ...request.extra, ...request.own?.settings })) {
    if (value === undefined) continue;
    if (scope.native) {
      const there = body[field];
      body[field] = isObject(there) && isObject(value) ? { ...there, ...value } : value;
    } else if (!isEmpty(value)) {
      scope.losses.drop(
        "unknown_field_dropped",
        field,
        `it was sent to ${request.extraOrigin ?? "another API"} and means nothing here.`,
      );
    }
  }
}
