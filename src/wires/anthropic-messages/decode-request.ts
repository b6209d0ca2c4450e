import type { HeaderBag } from "../../canonical/call.ts";
import type { ChatRequest, Message, Reasoning, ResponseFormat } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { boolean, list, number, object, optional, others, refuse, text, wantList, wantObject, wantText } from "../shared/read.ts";
import type { DecodedRequest, Incoming } from "../wire.ts";
import { cacheExtra, decodeCache } from "./cache.ts";
import { decodeBlocks } from "./decode-blocks.ts";
import { MessageEncoder } from "./encode-reply.ts";
import { name as wireName } from "./name.ts";
import { words } from "./spelling.ts";
import { decodeTool, decodeToolChoice } from "./tools.ts";

const members = new Set([
  ...[
    "model",
    "messages",
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "fallback_credit_token",
    "fallbacks",
  ],
  ...["inference_geo", "max_tokens", "mcp_servers", "metadata", "output_config", "output_format", "service_tier", "speed"],
  ...["stop_sequences", "stream", "system", "temperature", "thinking", "tool_choice", "tools", "top_k", "top_p"],
]);

/** Reads a caller's Messages request. Throws `invalid_request` naming the field; what routing needs is read at once, the rest on demand. */
export function decodeRequest(incoming: Incoming): DecodedRequest<"chat"> {
  const { body, headers } = incoming;
  const model = wantText(body["model"], "model") || refuse("model", "the name of a model");
  const stream = optional(body["stream"], "stream", boolean, "a boolean") ?? false;
  const format = object(object(body["output_config"])?.["format"]) ?? object(body["output_format"]);
  return {
    model,
    stream,
    output: format === undefined ? undefined : { schema: object(format["schema"]) },
    request: () => readRequest(model, body, headers),
    encoder: (meta) => new MessageEncoder(meta),
  };
}

function readRequest(model: string, body: JsonObject, headers: HeaderBag): ChatRequest {
  const metadata = optional(body["metadata"], "metadata", object, "an object");
  const output = optional(body["output_config"], "output_config", object, "an object");
  const oldFormat = body["output_format"] ?? undefined;
  const spelling: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) if (value === null) spelling[name] = "null";
  if (oldFormat !== undefined && output?.["format"] == null) spelling["response_format"] = "output_format";
  if (body["stream"] === false) spelling["stream"] = "false";
  spell(spelling, "metadata", metadata);
  spell(spelling, "output_config", output);
  return {
    model,
    messages: [...system(body["system"]), ...messages(body["messages"])],
    tools: optional(body["tools"], "tools", list, "an array")?.map((tool, index) => decodeTool(tool, `tools[${index}]`)),
    ...decodeToolChoice(body["tool_choice"]),
    responseFormat: format(
      output?.["format"] ?? oldFormat,
      output?.["format"] == null ? "output_format" : "output_config.format",
    ),
    reasoning: reasoning(body["thinking"], output),
    maxOutputTokens: optional(body["max_tokens"], "max_tokens", whole, "a whole number of at least 0"),
    temperature: optional(body["temperature"], "temperature", number, "a number"),
    topP: optional(body["top_p"], "top_p", number, "a number"),
    topK: optional(body["top_k"], "top_k", number, "a number"),
    stop: optional(body["stop_sequences"], "stop_sequences", list, "an array")?.map((stop, index) =>
      wantText(stop, `stop_sequences[${index}]`),
    ),
    endUser: metadata && optional(metadata["user_id"], "metadata.user_id", text, "a string"),
    serviceTier: optional(body["service_tier"], "service_tier", text, "a string"),
    cache: decodeCache(body, ""),
    container: body["container"] ?? undefined,
    contextManagement: body["context_management"] ?? undefined,
    mcpServers: body["mcp_servers"] ?? undefined,
    inferenceGeo: optional(body["inference_geo"], "inference_geo", text, "a string"),
    speed: optional(body["speed"], "speed", text, "a string"),
    taskBudget: output?.["task_budget"] ?? undefined,
    diagnostics: body["diagnostics"] ?? undefined,
    fallbacks: body["fallbacks"] ?? undefined,
    fallbackCreditToken: body["fallback_credit_token"] ?? undefined,
    betas: headers["anthropic-beta"]?.split(",").map((beta) => beta.trim()),
    ...(Object.keys(spelling).length > 0 && { spelling }),
    extra: extraOf(body, metadata, output),
    extraOrigin: wireName,
  };
}

const whole = (value: Json | undefined): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** Explicit nulls in an object, or its emptiness, leave no trace in the canonical request but this. */
function spell(spelling: Record<string, string>, name: string, value: JsonObject | undefined): void {
  if (value === undefined) return;
  const word = Object.entries(value).flatMap(([key, member]) => (member === null ? [key] : []));
  if (word.length > 0) spelling[name] = `null:${word.join(",")}`;
  else if (Object.keys(value).length === 0) spelling[name] = "empty";
}

/** Members that no specification names; those inside a known object under that object's name. */
function extraOf(body: JsonObject, metadata: JsonObject | undefined, output: JsonObject | undefined): JsonObject | undefined {
  const extra: Record<string, Json> = {};
  for (const [name, value] of Object.entries(body)) if (!members.has(name) && value !== undefined) extra[name] = value;
  const hidden = {
    metadata: metadata && others(metadata, new Set(["user_id"])),
    output_config: output && others(output, new Set(["effort", "format", "task_budget"])),
    cache_control: cacheExtra(body),
  };
  for (const [name, value] of Object.entries(hidden)) if (value !== undefined) extra[name] = value;
  return Object.keys(extra).length === 0 ? undefined : extra;
}

function system(value: Json | undefined): readonly Message[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [{ role: "system", content: [{ type: "text", text: value }], as: "string" }];
  return [{ role: "system", content: decodeBlocks(value, "system") }];
}

function messages(value: Json | undefined): readonly Message[] {
  const turns = wantList(value, "messages");
  if (turns.length === 0) refuse("messages", "a list of at least one message");
  return turns.map((item, index) => {
    const at = `messages[${index}]`;
    const message = wantObject(item, at);
    const role = message["role"];
    if (role !== "user" && role !== "assistant" && role !== "system") refuse(`${at}.role`, "user, assistant or system");
    const content = message["content"];
    const plain = typeof content === "string";
    return {
      role,
      content: plain ? [{ type: "text", text: content }] : decodeBlocks(content, `${at}.content`),
      as: words(role === "system" ? "turn" : "", plain ? "string" : ""),
      extra: others(message, messageMembers),
    };
  });
}

const messageMembers = new Set(["role", "content"]);
const formatMembers = new Set(["type", "schema"]);
const thinkingMembers = new Set(["type", "budget_tokens", "display"]);

function format(value: Json | undefined, at: string): ResponseFormat | undefined {
  if (value === undefined || value === null) return undefined;
  const found = wantObject(value, at);
  if (found["type"] !== "json_schema") refuse(`${at}.type`, "json_schema");
  return { type: "json-schema", schema: wantObject(found["schema"], `${at}.schema`), extra: others(found, formatMembers) };
}

function reasoning(value: Json | undefined, output: JsonObject | undefined): Reasoning | undefined {
  const effort = output && optional(output["effort"], "output_config.effort", text, "a string");
  if (!isObject(value)) {
    if (value !== undefined && value !== null) refuse("thinking", "an object");
    return effort === undefined ? undefined : { effort };
  }
  const mode = value["type"];
  if (mode !== "enabled" && mode !== "disabled" && mode !== "adaptive") refuse("thinking.type", "enabled, adaptive or disabled");
  return {
    mode,
    effort,
    budgetTokens: optional(value["budget_tokens"], "thinking.budget_tokens", number, "a number"),
    display: optional(value["display"], "thinking.display", text, "a string"),
    extra: others(value, thinkingMembers),
  };
}
