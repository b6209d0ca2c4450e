import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HeaderBag } from "../../src/canonical/call.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { Discovery } from "../../src/simulator/validators/discovery.ts";
import { loadSpecs, type SpecValidators } from "../../src/simulator/validators/spec.ts";
import type { SpecCheck } from "../../src/simulator/validators/spec-file.ts";
import { arr, obj } from "./json.ts";
import type { WireName } from "./loader.ts";

/** The official specifications and the simulator's validators (written apart from the wires), as the cells ask them. */
export interface Judges {
  /** Complaints about a whole reply or a stream's event to a caller; empty when it fits. */
  faults(wire: WireName, kind: "reply" | "event", body: Json): readonly string[];
  /** Complaints about a request to a provider, by the specification. */
  request(wire: WireName, body: Json, headers: HeaderBag): readonly string[];
  /** The same of requests for vectors and for counts, by the wire's name. */
  embedRequest(wire: string, body: Json): readonly string[];
  countRequest(wire: string, body: Json): readonly string[];
  /** Names the specification gives at a place of the canonical request (`request`, `message.user`, `part.text`, `tool/function` …). */
  known(wire: WireName, place: string): ReadonlySet<string>;
}

/** A body fits when it fits any of the named schemas (Anthropic's beta API is a superset with other names). */
const roots: { readonly [wire in WireName]: { readonly reply: readonly string[]; readonly event: readonly string[] } } = {
  "openai-chat": { reply: ["CreateChatCompletionResponse"], event: ["CreateChatCompletionStreamResponse"] },
  "anthropic-messages": { reply: ["Message", "BetaMessage"], event: ["MessageStreamEvent", "BetaMessageStreamEvent"] },
  "openai-responses": { reply: ["Response"], event: ["ResponseStreamEvent"] },
  gemini: { reply: ["GenerateContentResponse"], event: ["GenerateContentResponse"] },
};

const message = (role: string) => [`ChatCompletionRequest${role}Message`];
const part = (name: string) => [`ChatCompletionRequestMessageContentPart${name}`];

/** Where canonical places stand in the specifications. A place that is not listed names nothing. */
const places: { readonly [wire in WireName]: { readonly [place: string]: readonly string[] } } = {
  "openai-chat": {
    request: ["CreateChatCompletionRequest"],
    result: ["CreateChatCompletionResponse"],
    "message.system": message("System"),
    "message.developer": message("Developer"),
    "message.user": message("User"),
    "message.assistant": message("Assistant"),
    "message.tool": [...message("Tool"), ...message("Function")],
    "part.text": part("Text"),
    "part.image": part("Image"),
    "part.image/image_url": ["ChatCompletionRequestMessageContentPartImage/image_url"],
    "part.audio": part("Audio"),
    "part.audio/input_audio": ["ChatCompletionRequestMessageContentPartAudio/input_audio"],
    "part.document": part("File"),
    "part.document/file": ["ChatCompletionRequestMessageContentPartFile/file"],
    "part.refusal": part("Refusal"),
    "part.tool-call": ["ChatCompletionMessageToolCall"],
    "part.tool-call/function": ["ChatCompletionMessageToolCall/function"],
    "part.tool-result": message("Tool"),
    tool: ["ChatCompletionTool"],
    "tool/function": ["FunctionObject"],
    toolChoice: ["ChatCompletionNamedToolChoice"],
    responseFormat: ["ResponseFormatJsonSchema"],
    "responseFormat/json_schema": ["ResponseFormatJsonSchema/json_schema"],
  },
  "anthropic-messages": {
    request: ["CreateMessageParams", "BetaCreateMessageParams"],
    result: ["Message"],
    "message.user": ["InputMessage"],
    "message.assistant": ["InputMessage"],
    "message.system": ["InputMessage"],
    "part.text": ["RequestTextBlock"],
    "part.image": ["RequestImageBlock"],
    "part.document": ["RequestDocumentBlock"],
    "part.tool-call": ["RequestToolUseBlock"],
    "part.tool-result": ["RequestToolResultBlock"],
    "part.reasoning": ["RequestThinkingBlock", "RequestRedactedThinkingBlock"],
    tool: ["Tool", "BetaTool"],
    toolChoice: ["ToolChoice"],
    responseFormat: ["OutputConfig", "JsonOutputFormat"],
    reasoning: ["ThinkingConfigParam", "OutputConfig"],
  },
  "openai-responses": {
    request: ["CreateResponse"],
    result: ["Response"],
    "message.user": ["EasyInputMessage"],
    "part.text": ["InputTextContent"],
    "part.image": ["InputImageContent"],
    "part.document": ["InputFileContent"],
    "part.tool-call": ["FunctionToolCall"],
    "part.reasoning": ["ReasoningItem"],
    tool: ["FunctionTool"],
    responseFormat: ["TextResponseFormatJsonSchema"],
    reasoning: ["Reasoning"],
  },
  gemini: {
    request: ["GenerateContentRequest", "GenerationConfig"],
    result: ["GenerateContentResponse"],
    "message.user": ["Content"],
    "message.assistant": ["Content"],
    "part.tool-call": ["FunctionCall"],
    "part.tool-result": ["FunctionResponse"],
    tool: ["FunctionDeclaration"],
    reasoning: ["ThinkingConfig"],
  },
};

/** Where schemas come from: an OpenAPI document or Google's discovery document. */
interface Schemas {
  find(name: string): JsonObject | undefined;
  check(name: string): SpecCheck;
}

/** Whether the specifications are at hand. */
export const hasSpecs = (folder: string): boolean => [openai, anthropic, google].every((file) => existsSync(join(folder, file)));

const openai = "openai/openapi.yaml";
const anthropic = "anthropic/openapi.json";
const google = "gemini/generativelanguage.v1beta.discovery.json";

export async function loadJudges(folder: string): Promise<Judges | undefined> {
  if (!hasSpecs(folder)) return undefined;
  const specs = await loadSpecs(folder);
  const discovery = new Discovery(await readFile(join(folder, google), "utf8"));
  const files: { readonly [wire in WireName]: Schemas } = {
    "openai-chat": specs.openai,
    "anthropic-messages": specs.anthropic,
    "openai-responses": specs.openai,
    gemini: discovery,
  };
  const sets = new Map<string, ReadonlySet<string>>();
  return {
    faults(wire, kind, served) {
      const body = wire === "openai-responses" ? asSent(served) : wire === "anthropic-messages" ? uncited(served) : served;
      return least(roots[wire][kind].map((name) => files[wire].check(name)(body)));
    },
    request: (wire, body, headers) => requestFaults(specs, discovery, wire, body, headers),
    embedRequest: (wire, body) =>
      wire === "gemini" ? discovery.check("BatchEmbedContentsRequest")(body) : specs.embeddingsRequest(body),
    countRequest: (wire, body) => {
      if (wire === "gemini") return discovery.check("CountTokensRequest")(body);
      if (wire === "openai-responses") return specs.openai.check("TokenCountsBody")(body);
      return least(["CountMessageTokensParams", "BetaCountMessageTokensParams"].map((name) => specs.anthropic.check(name)(body)));
    },
    known(wire, place) {
      const key = `${wire} ${place}`;
      let found = sets.get(key);
      if (!found) {
        found = new Set((places[wire][place] ?? []).flatMap((path) => propertyNames(files[wire], path)));
        sets.set(key, found);
      }
      return found;
    },
  };
}

/** It fits where it fits one of several schemas. */
const least = (faults: readonly (readonly string[])[]): readonly string[] =>
  faults.find((one) => one.length === 0) ?? faults[0] ?? [];

function requestFaults(
  specs: SpecValidators,
  discovery: Discovery,
  wire: WireName,
  body: Json,
  headers: HeaderBag,
): readonly string[] {
  switch (wire) {
    case "openai-chat":
      return specs.chatRequest(body);
    case "anthropic-messages":
      return specs.messagesRequest(obj(body), headers["anthropic-beta"] !== undefined);
    case "openai-responses":
      return specs.responsesRequest(body);
    case "gemini":
      return discovery.check("GenerateContentRequest")(body);
  }
}

/** What OpenAI's specification demands of every answer and OpenAI itself never sends. */
function asSent(body: Json): Json {
  if (!isObject(body)) return body;
  if (body["type"] === "response.function_call_arguments.done") return { name: "", ...body };
  if (isObject(body["response"])) return { ...body, response: asSent(body["response"]) };
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== null || !neverNull.has(name)));
}

/** Anthropic's specification demands `citations` of every text; of one without any Anthropic itself has never sent it (recordings). */
function uncited(body: Json): Json {
  if (!isObject(body)) return body;
  const cited = (block: Json): Json => (isObject(block) && block["type"] === "text" ? { citations: null, ...block } : block);
  if (isArray(body["content"])) return { ...body, content: body["content"].map(cited) };
  return body["content_block"] === undefined ? body : { ...body, content_block: cited(body["content_block"]) };
}

const neverNull = new Set(["user", "usage"]);

/** Property names of a schema (`Name`) or of one of its properties (`Name/property`). */
function propertyNames(file: Schemas, path: string): string[] {
  const [name = "", property] = path.split("/");
  const out = new Set<string>();
  const visit = (schema: Json | undefined, wanted: string | undefined, depth: number): void => {
    if (!isObject(schema) || depth > 12) return;
    if (typeof schema["$ref"] === "string") visit(file.find(schema["$ref"].replace(/^.*\//, "")), wanted, depth + 1);
    for (const key of ["allOf", "anyOf", "oneOf"]) for (const one of arr(schema[key])) visit(one, wanted, depth + 1);
    for (const [key, inner] of Object.entries(obj(schema["properties"]))) {
      if (wanted === undefined) out.add(key);
      else if (key === wanted) visit(inner, undefined, depth + 1);
    }
  };
  const schema: JsonObject | undefined = file.find(name);
  if (!schema) throw new Error(`the specification has no schema ${name}`);
  visit(schema, property, 0);
  return [...out];
}
