import type { ChatRequest } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { onlyResponses } from "../shared/only-responses.ts";
import type { EncodedRequest, Target } from "../wire.ts";
import { CandidateDecoder } from "./decode-reply.ts";
import { encodeConfig } from "./encode-config.ts";
import { encodeConversation } from "./encode-contents.ts";
import { encodeTools } from "./encode-tools.ts";
import { reportLosses } from "./losses.ts";
import { name, pathFor } from "./name.ts";
import { ownFunctions } from "./own-functions.ts";
import { place, type Scope, scopeFor } from "./scope.ts";
import { type Draft, defined, put, respell } from "./spelling.ts";

/**
 * A canonical request as a body for a provider. What was decoded from this wire comes out as it came in, but for the model and
 * the target's quirks. Throws `invalid_request` for a history no provider takes.
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest<"chat"> {
  const { body, scope, decoder } = encodeBody(request, target);
  const verb = target.stream ? "streamGenerateContent" : "generateContent";
  return {
    wireRequest: { path: pathFor(target.model, verb), headers: { "content-type": "application/json" }, body },
    warnings: scope.losses.warnings,
    decoder,
  };
}

export interface EncodedBody {
  readonly body: JsonObject;
  readonly scope: Scope;
  readonly decoder: CandidateDecoder;
}

/** The body alone, as counting takes it too. */
export function encodeBody(request: ChatRequest, target: Target): EncodedBody {
  const native = request.extraOrigin === name;
  const scope = scopeFor(native, target);
  const { losses } = scope;
  for (const { code, at, detail } of onlyResponses(request)) losses.ignore(code, at, detail);
  const { system, contents } = encodeConversation(request.messages, scope);
  const tools = encodeTools(request, scope);
  const config = encodeConfig(request, tools.functions, scope);
  const body: Draft = { contents };
  put(body, "systemInstruction", instructed(system, config.instruction));
  put(body, "tools", tools.tools);
  put(body, "toolConfig", tools.toolConfig);
  put(body, "generationConfig", config.config);
  put(body, "serviceTier", tier(request, scope));
  if (native) writeOwn(body, request);
  else reportLosses(request, losses);
  for (const field of losses.refused(body, target)) delete body[field];
  const { provider, callId } = target;
  const decoder = new CandidateDecoder({
    provider,
    callId,
    model: target.model,
    names: scope.toolNames,
    restores: tools.restores,
    custom: tools.custom,
    own: ownFunctions(tools.tools),
    answer: config.restore,
  });
  const spelt = native ? defined(respelled(body, request.spelling?.["snake"])) : body;
  return { body: spelt, scope, decoder };
}

/** The system instruction with a sentence at its end. */
function instructed(system: Json | undefined, instruction: string | undefined): Json | undefined {
  if (instruction === undefined) return system;
  const parts = isObject(system) && isArray(system["parts"]) ? system["parts"] : [];
  return { parts: [...parts, { text: instruction }] };
}

/** Tiers of other APIs that mean the same; `auto` is what is meant without. */
const tiers = new Map([
  ["standard", "standard"],
  ["default", "standard"],
  ["standard_only", "standard"],
  ["flex", "flex"],
  ["priority", "priority"],
]);

function tier({ serviceTier: asked }: ChatRequest, { native, losses }: Scope): string | undefined {
  if (asked === undefined || native || asked === "auto") return native ? asked : undefined;
  const known = tiers.get(asked);
  if (known === undefined) losses.drop("service_tier_dropped", "service_tier", `this API has no tier ${asked}.`);
  return known;
}

/** What only this wire has words for, and forms that mean nothing but were sent. */
function writeOwn(body: Draft, request: ChatRequest): void {
  const { own, spelling, extra } = request;
  put(body, "store", request.store);
  if (own?.wire === name) for (const [path, value] of Object.entries(own.settings)) place(body, path, value ?? null);
  for (const [field, form] of Object.entries(spelling ?? {})) if (form === "null") body[field] ??= null;
  put(body, "model", spelling?.["model"]);
  for (const [field, value] of Object.entries(extra ?? {})) put(body, field, value);
}

/** Fields in snake_case again, where they were: those of the body and of the objects whose fields are settings. */
function respelled(body: JsonObject, list: string | undefined): JsonObject {
  if (list === undefined) return body;
  const snakes = new Set(list.split(","));
  const deep = (value: Json | undefined, within: readonly string[]): Json | undefined =>
    isObject(value) ? respell(value, snakes, within) : value;
  const tools = body["tools"];
  const made = {
    ...body,
    generationConfig: deep(body["generationConfig"], ["thinkingConfig"]),
    toolConfig: deep(body["toolConfig"], ["functionCallingConfig"]),
    tools: isArray(tools) ? tools.map((tool) => deep(tool, []) ?? null) : deep(tools, []),
  };
  return respell(defined(made), snakes);
}
