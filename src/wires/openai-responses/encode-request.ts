import type { ChatRequest, Message } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { validateHistory } from "../shared/history.ts";
import { isEmpty } from "../shared/losses.ts";
import { spelled } from "../shared/openai/form.ts";
import { samplingFor } from "../shared/openai/sampling.ts";
import type { Restore } from "../shared/schema/index.ts";
import type { EncodedRequest, Target } from "../wire.ts";
import { ResponseDecoder } from "./decode-reply.ts";
import { logprobs } from "./decode-request.ts";
import { encodeItems } from "./encode-items.ts";
import { encodeReasoning } from "./encode-reasoning.ts";
import { encodeFormat, encodeToolChoice, encodeTools } from "./encode-tools.ts";
import { reportLosses } from "./losses.ts";
import { name, path } from "./name.ts";
import { type Scope, scopeFor } from "./scope.ts";

export type Draft = Record<string, Json | undefined>;

/** The least `max_output_tokens` that OpenAI takes. */
const leastOutput = 16;
const serviceTiers = new Set(["auto", "default", "flex", "scale", "priority", "fast"]);

/**
 * A canonical request as a body for a provider. What was decoded from this wire comes out as it came in, but for the model, the
 * stream settings and the target's quirks. Throws `invalid_request` for a history no provider takes.
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest<"chat"> {
  const { body, scope, answer } = encodeBody(request, target);
  if (target.stream) body["stream"] = true;
  else if (scope.native && request.spelling?.["stream"] === "false") body["stream"] = false;
  const { provider, callId } = target;
  return {
    wireRequest: { path, headers: { "content-type": "application/json" }, body: defined(body) },
    warnings: scope.losses.warnings,
    decoder: new ResponseDecoder({ provider, callId, names: scope.toolNames, restores: scope.restores, answer }),
  };
}

export const defined = (body: Draft): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));

interface Encoded {
  readonly body: Draft;
  readonly scope: Scope;
  /** What undoes on the answer what was done to its schema. */
  readonly answer: Restore | undefined;
}

/** All of a request's body but how it is streamed. */
export function encodeBody(request: ChatRequest, target: Target): Encoded {
  const native = request.extraOrigin === name;
  if (!(native && leansOnKept(request))) validateHistory(request.messages);
  const scope = scopeFor(native, target);
  const tools = encodeTools(request.tools, scope);
  const offered = tools["tools"] !== undefined;
  // Anthropic and Gemini hold to an answer's schema always; OpenAI's wires where they are told.
  const held = request.extraOrigin !== "openai-chat" && request.extraOrigin !== undefined;
  const sent = request.responseFormat === undefined ? undefined : encodeFormat(request.responseFormat, held, scope);
  const body: Draft = {
    model: target.model,
    ...conversation(request, scope),
    ...tools,
    ...encodeToolChoice(request, offered, scope),
    ...((offered || native) && request.parallelToolCalls !== undefined && { parallel_tool_calls: request.parallelToolCalls }),
    ...encodeReasoning(request, scope),
    ...text(request, sent?.format, scope),
    ...plain(request, scope),
    ...(native ? kept(request) : stateless(request, target)),
  };
  if (native) respell(request, body);
  else {
    reportLosses(request, scope);
    wordForJson(request, body, scope);
  }
  unnamed(request, body, scope);
  for (const field of scope.losses.refused(body, target)) body[field] = undefined;
  return { body, scope, answer: sent?.restore };
}

/** Results may answer calls that only the keeper of the conversation has. */
const leansOnKept = ({ previousResponse, conversation: kept, promptTemplate, messages }: ChatRequest): boolean =>
  previousResponse !== undefined ||
  kept !== undefined ||
  promptTemplate !== undefined ||
  messages.some(({ content }) => content.some((part) => part.type === "opaque" && part.kind === "item_reference"));

/** `instructions` and `input`. System text that leads is instructions, unless there would be nothing else. */
function conversation(request: ChatRequest, scope: Scope): JsonObject {
  const { messages, spelling } = request;
  const [first, ...rest] = messages;
  const lead = first === undefined ? undefined : instructions(first, rest, scope);
  const items = encodeItems(lead === undefined ? messages : rest, scope, lead === undefined ? 0 : 1);
  const said = lead === undefined ? {} : { instructions: lead };
  if (!scope.native) return { ...said, input: items };
  const [only, ...more] = items;
  if (spelling?.["input"] === "string" && more.length === 0 && typeof only?.["content"] === "string") {
    return { ...said, input: only["content"] };
  }
  return items.length === 0 && spelling?.["input"] !== undefined ? said : { ...said, input: items };
}

function instructions(first: Message, rest: readonly Message[], { native }: Scope): string | undefined {
  const said = first.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  if (said.length < first.content.length) return undefined;
  if (native) return spelled(first.as, "instructions") ? said.join("\n\n") : undefined;
  if (first.role !== "system" && first.role !== "developer") return undefined;
  const more = rest.some(({ role }) => role !== "system" && role !== "developer");
  const plainly =
    first.name === undefined && first.extra === undefined && first.content.every((part) => part.cache === undefined);
  return more && plainly ? said.filter((text) => text.trim() !== "").join("\n\n") || undefined : undefined;
}

function text({ verbosity, spelling }: ChatRequest, format: JsonObject | undefined, scope: Scope): JsonObject {
  if (format === undefined && verbosity === undefined) return scope.native && spelling?.["text"] === "empty" ? { text: {} } : {};
  return { text: { ...(format !== undefined && { format }), ...(verbosity !== undefined && { verbosity }) } };
}

/** Fields that mean the same on both sides. */
function plain(request: ChatRequest, scope: Scope): JsonObject {
  return {
    max_output_tokens: limit(request, scope),
    temperature: samplingFor("temperature", request.temperature, scope.target.model, scope),
    top_p: samplingFor("top_p", topP(request, scope), scope.target.model, scope),
    top_logprobs: request.topLogprobs,
    user: request.endUser,
    safety_identifier: request.safetyIdentifier,
    metadata: request.metadata,
    service_tier: serviceTier(request, scope),
    moderation: request.moderation,
    prompt_cache_key: request.promptCacheKey,
    prompt_cache_retention: request.promptCacheRetention,
    prompt_cache_options: request.promptCacheOptions,
  };
}

function limit({ maxOutputTokens: most }: ChatRequest, { losses, native }: Scope): number | undefined {
  if (most === undefined || native || most >= leastOutput) return most;
  losses.approximate("max_tokens_raised", "max_output_tokens", `this API takes ${leastOutput} at least, not ${most}.`);
  return leastOutput;
}

/** Anthropic's older clients send -1 for "as you like". */
function topP({ topP: value }: ChatRequest, { losses, native }: Scope): number | undefined {
  if (value === undefined || native || (value >= 0 && value <= 1)) return value;
  losses.drop("top_p_dropped", "top_p", `this API takes 0 to 1, not ${value}.`);
  return undefined;
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

/** What only this API has, as the caller said it. */
function kept(request: ChatRequest): JsonObject {
  return {
    include: request.include,
    max_tool_calls: request.maxToolCalls,
    store: request.store,
    previous_response_id: request.previousResponse,
    conversation: request.conversation,
    prompt: request.promptTemplate,
    truncation: request.truncation,
    background: request.background,
    context_management: request.compaction,
    stream_options: request.streamOptions,
  };
}

/** Callers of other wires send the whole conversation each time: nothing is kept, and reasoning comes encrypted to be sent back. */
function stateless(request: ChatRequest, target: Target): JsonObject {
  const include = [...(reasons(target.model) ? ["reasoning.encrypted_content"] : []), ...(request.logprobs ? [logprobs] : [])];
  return { store: request.store ?? false, ...(include.length > 0 && { include }) };
}

/** OpenAI refuses to encrypt what its older models never thought. */
const reasons = (model: string): boolean => !/\b(?:gpt-(?:3|4)|chatgpt-4|gpt-5[\d.]*-chat)/.test(model.slice(0, 256));

function respell(request: ChatRequest, body: Draft): void {
  for (const [field, form] of Object.entries(request.spelling ?? {})) {
    if (form === "null" && body[field] === undefined && field !== "stream") body[field] = null;
  }
}

/** JSON without a schema is refused unless the word stands in the conversation. */
function wordForJson({ responseFormat }: ChatRequest, body: Draft, { losses }: Scope): void {
  if (responseFormat?.type !== "json" || /json/i.test(JSON.stringify([body["input"], body["instructions"]]))) return;
  const before = typeof body["instructions"] === "string" ? `${body["instructions"]}\n\n` : "";
  body["instructions"] = `${before}Answer with one valid JSON object and nothing else.`;
  losses.emulate("json_mode", "response_format", "this API wants the word JSON in the conversation; it was added.");
}

/** Fields that no specification names go to the wire they came from only. */
function unnamed(request: ChatRequest, body: Draft, scope: Scope): void {
  for (const [field, value] of Object.entries({ ...request.extra, ...request.own?.settings })) {
    if (value === undefined) continue;
    if (scope.native) {
      const there = body[field];
      body[field] = isObject(there) && isObject(value) ? { ...there, ...value } : value;
    } else {
      const from = request.extraOrigin ?? "another API";
      if (!isEmpty(value)) scope.losses.drop("unknown_field_dropped", field, `it was sent to ${from} and means nothing here.`);
    }
  }
}
