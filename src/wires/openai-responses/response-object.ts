import type { Finish, ResultHead } from "../../canonical/chat.ts";
import type { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Usage } from "../../canonical/usage.ts";
import { object, text } from "../shared/read.ts";
import type { ReplyMeta } from "../wire.ts";
import { errorObject } from "./errors.ts";
import { encodeStatus } from "./finish.ts";
import { responseId } from "./made-ids.ts";
import { encodeUsage } from "./usage.ts";

const serviceTiers = new Set(["auto", "default", "flex", "scale", "priority", "fast"]);

/** The fields of a request that its response repeats. */
export const echoed: readonly string[] = [
  ...["instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "previous_response_id"],
  ...["prompt_cache_key", "reasoning", "safety_identifier", "store", "temperature", "text", "tool_choice", "tools"],
  ...["top_logprobs", "top_p", "truncation", "user"],
];

/** What a response repeats of its request, as SDKs demand it. */
export function echoOf(body: JsonObject): JsonObject {
  const or = (field: string, fallback: Json): Json => body[field] ?? fallback;
  return {
    background: false,
    instructions: or("instructions", null),
    max_output_tokens: or("max_output_tokens", null),
    max_tool_calls: or("max_tool_calls", null),
    metadata: or("metadata", {}),
    parallel_tool_calls: or("parallel_tool_calls", true),
    presence_penalty: 0,
    frequency_penalty: 0,
    previous_response_id: or("previous_response_id", null),
    prompt_cache_key: or("prompt_cache_key", null),
    reasoning: { effort: null, summary: null, ...object(body["reasoning"]) },
    safety_identifier: or("safety_identifier", null),
    store: or("store", true),
    temperature: or("temperature", 1),
    text: { format: { type: "text" }, ...withFormat(body["text"]) },
    tool_choice: or("tool_choice", "auto"),
    tools: isArray(body["tools"]) ? body["tools"].map(echoedTool) : [],
    top_logprobs: or("top_logprobs", 0),
    top_p: or("top_p", 1),
    truncation: or("truncation", "disabled"),
    ...(body["user"] && { user: body["user"] }),
  };
}

const withFormat = (value: Json | undefined): JsonObject =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) : {};

/** Members that a request may leave out and a response may not. */
const echoedTool = (tool: Json): Json =>
  isObject(tool) && tool["type"] === "function" ? { description: null, parameters: null, strict: true, ...tool } : tool;

/** A response's state besides what it repeats. */
export interface State {
  readonly status: string;
  readonly why?: string | null | undefined;
  readonly error?: GatewayError | undefined;
  readonly output: readonly Json[];
  readonly usage?: Usage | undefined;
}

export const stateOf = (finish: Finish | undefined, output: readonly Json[], usage: Usage | undefined): State => ({
  ...encodeStatus(finish),
  output,
  usage,
});

/**
 * What an answer that was translated says of itself: callers of this wire know its ids by how they begin, so that others' are
 * left out.
 */
export const translated = <H extends ResultHead>(head: H): H =>
  head.id?.startsWith("resp_") ? head : { ...head, id: undefined };

/** A response as a body or inside an event. */
export class ResponseObject {
  readonly id: string;
  readonly #fixed: JsonObject;
  readonly #created: number;

  constructor(head: ResultHead, meta: ReplyMeta, echo: JsonObject) {
    this.id = head.id ?? responseId(meta.id);
    this.#created = head.createdAt ?? meta.createdAt;
    const tier = head.serviceTier === "standard" ? "default" : head.serviceTier;
    this.#fixed = {
      id: this.id,
      object: "response",
      created_at: this.#created,
      ...echo,
      model: head.model ?? meta.model,
      service_tier: tier !== undefined && serviceTiers.has(tier) ? tier : "default",
      ...(isOwn(head.moderation) && { moderation: head.moderation }),
    };
  }

  in({ status, why, error, output, usage }: State): JsonObject {
    return {
      ...this.#fixed,
      status,
      completed_at: status === "completed" ? this.#created : null,
      error: error === undefined ? null : failure(error),
      incomplete_details: why ? { reason: why } : null,
      output,
      usage: usage === undefined ? null : encodeUsage(usage),
    };
  }
}

/** OpenAI's chat tells moderation in another shape. */
const isOwn = (moderation: Json | undefined): boolean =>
  isObject(moderation) && !Object.values(moderation).some((found) => object(found)?.["type"] === "moderation_results");

/** Of our codes, those that the specification has a word for; all others are the server's. */
function failure(error: GatewayError): JsonObject {
  const code = text(errorObject(error)["code"]);
  const known = code === "rate_limit_exceeded" || code === "invalid_prompt";
  return { code: known ? code : "server_error", message: error.message };
}
