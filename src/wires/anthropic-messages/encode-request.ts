import type { HeaderBag } from "../../canonical/call.ts";
import type { ChatRequest } from "../../canonical/chat.ts";
import { isArray, isObject, type JsonObject } from "../../canonical/json.ts";
import { onlyResponses } from "../shared/only-responses.ts";
import type { EncodedRequest, Target } from "../wire.ts";
import { betasFor } from "./betas.ts";
import { encodeCache } from "./cache.ts";
import { MessageDecoder } from "./decode-reply.ts";
import { mergeExtra } from "./encode-blocks.ts";
import { encodeTools } from "./encode-tools.ts";
import { reportLosses } from "./losses.ts";
import { encodeHistory } from "./messages.ts";
import { path, name as wireName } from "./name.ts";
import { encodeSampling } from "./sampling.ts";
import { fitSchema } from "./schema.ts";
import { type Scope, scopeFor } from "./scope.ts";
import { type Draft, put } from "./spelling.ts";
import { encodeThinking, version } from "./thinking.ts";

export const apiVersion = "2023-06-01";
const defaultMaxTokens = 4096;

/** A canonical request as an Anthropic Messages request. Throws `invalid_request` for histories no provider takes. */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest<"chat"> {
  const { headers, body, warnings, decoder } = encodeBody(request, target);
  return { wireRequest: { path, headers, body }, warnings, decoder };
}

interface Encoded extends Pick<EncodedRequest<"chat">, "warnings" | "decoder"> {
  readonly headers: HeaderBag;
  readonly body: JsonObject;
}

/** What `encodeRequest` sends, wherever it is sent to. */
export function encodeBody(request: ChatRequest, target: Target): Encoded {
  const native = request.extraOrigin === wireName;
  const scope = scopeFor(native, target);
  const { losses, toolNames } = scope;
  for (const { code, at, detail } of onlyResponses(request)) losses.ignore(code, at, detail);
  const body: Draft = { model: target.model };
  const tools = encodeTools(request, scope);
  const maxTokens = request.maxOutputTokens ?? target.maxOutputTokens ?? defaultMaxTokens;
  if (request.maxOutputTokens === undefined) {
    // The model's own limit takes nothing away; a guess may.
    const kind = target.maxOutputTokens === undefined ? "approximate" : "repair";
    losses[kind]("max_tokens_defaulted", "max_tokens", `Anthropic demands a limit; ${maxTokens} was sent`);
  }
  const thinking = encodeThinking(request, target, maxTokens, tools.forced, scope);
  const history = encodeHistory(request, scope);
  put(body, "system", history.system);
  body["messages"] = history.messages;
  body["max_tokens"] = maxTokens;
  put(body, "tools", tools.tools);
  put(body, "tool_choice", tools.choice);
  put(body, "thinking", thinking.thinking);
  encodeOutput(body, request, thinking.effort, scope);
  encodeSampling(body, request, target.model, thinking.on, native, losses);
  encodeRest(body, request, scope);
  if (native) writeSpelling(body, request);
  else reportLosses(request, losses);
  if (target.stream) body["stream"] = true;
  else if (request.spelling?.["stream"] === "false") body["stream"] = false;
  const betas = betasFor(request, body);
  for (const field of losses.refused(body, target)) delete body[field];
  const headers = { "anthropic-version": apiVersion, ...(betas.length > 0 && { "anthropic-beta": betas.join(",") }) };
  const decoder = new MessageDecoder(target, toolNames, tools.custom);
  return { headers, body, warnings: losses.warnings, decoder };
}

/** Effort, answer format and task budget. A schema is always sent natively, never as a forced tool. */
function encodeOutput(body: Draft, request: ChatRequest, effort: string | undefined, scope: Scope): void {
  const output: Draft = {};
  put(output, "effort", effort);
  put(output, "task_budget", request.taskBudget);
  const format = request.responseFormat;
  if (format?.type === "json-schema" && (scope.native || compilesSchemas(String(body["model"])))) {
    const sent: Draft = { type: "json_schema", schema: scope.native ? format.schema : answerSchema(format, scope) };
    if (scope.native && format.extra !== undefined) mergeExtra(sent, format.extra);
    if (request.spelling?.["response_format"] === "output_format") body["output_format"] = sent;
    else output["format"] = sent;
  } else if (format !== undefined && format.type !== "text") {
    const schema = format.type === "json" ? "" : ` that fits this JSON Schema: ${JSON.stringify(format.schema)}`;
    instruct(body, `Answer with one valid JSON object and nothing else (no other words, no code fence)${schema}`);
    const why = format.type === "json" ? "Anthropic has no JSON mode without a schema" : "models before 4.5 take no schema";
    const code = format.type === "json" ? "json_mode" : "json_schema_emulated";
    scope.losses.emulate(code, "response_format", `${why}; the model was told in words`);
  }
  if (Object.keys(output).length > 0) body["output_config"] = output;
}

/** Answers fitted to a schema came with Opus 4.1 and the 4.5 models; of other makers' models we know nothing and ask. */
function compilesSchemas(model: string): boolean {
  const made = version(model);
  return made === undefined || made >= 4.5 || made === 4.1;
}

/** Adds a sentence at the end of the system text. */
function instruct(body: Draft, sentence: string): void {
  const { system } = body;
  const text = typeof system === "string" && system.trim() !== "" ? [{ type: "text", text: system }] : [];
  body["system"] = [...(isArray(system) ? system : text), { type: "text", text: sentence }];
}

function answerSchema(
  format: { readonly schema: JsonObject; readonly description?: string | undefined },
  scope: Scope,
): JsonObject {
  const { schema, changes } = fitSchema(format.schema);
  if (changes.length > 0) scope.losses.approximate("answer_schema", "response_format", changes.join("; "));
  const described = format.description !== undefined && schema["description"] === undefined;
  return described ? { ...schema, description: format.description } : schema;
}

function encodeRest(body: Draft, request: ChatRequest, scope: Scope): void {
  const user = request.endUser ?? request.safetyIdentifier;
  if (user !== undefined) body["metadata"] = { user_id: user };
  encodeCache(body, request.cache);
  put(body, "container", request.container);
  put(body, "context_management", request.contextManagement);
  put(body, "mcp_servers", request.mcpServers);
  put(body, "inference_geo", request.inferenceGeo);
  put(body, "speed", request.speed);
  put(body, "diagnostics", request.diagnostics);
  put(body, "fallbacks", request.fallbacks);
  put(body, "fallback_credit_token", request.fallbackCreditToken);
  const tier = request.serviceTier;
  if (scope.native || tier === "auto" || tier === "standard_only") put(body, "service_tier", tier);
  else if (tier === "default") body["service_tier"] = "standard_only";
  else if (tier !== undefined) scope.losses.drop("service_tier_dropped", "service_tier", `Anthropic has no tier ${tier}`);
}

/** Puts back forms that mean nothing but were sent: explicit nulls, empty objects, members of no specification. */
function writeSpelling(body: Draft, request: ChatRequest): void {
  for (const [name, word] of Object.entries(request.spelling ?? {})) {
    if (word === "null") body[name] ??= null;
    else if (word === "empty") body[name] ??= {};
    else if (word.startsWith("null:")) {
      const there = body[name];
      const nulls = Object.fromEntries(
        word
          .slice(5)
          .split(",")
          .map((key) => [key, null]),
      );
      body[name] = isObject(there) ? { ...nulls, ...there } : nulls;
    }
  }
  if (request.extra !== undefined) mergeExtra(body, request.extra);
}
