import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import type { Meta } from "../face.ts";
import { objects } from "./items.ts";
import { usageOf } from "./usage.ts";

/** How far a response is: what it has put out so far, and what it has used. */
export interface Progress {
  readonly status: "queued" | "in_progress" | "completed" | "incomplete" | "cancelled";
  readonly output: readonly JsonObject[];
  readonly usage: JsonObject | null;
  readonly reason?: "max_output_tokens" | "content_filter" | undefined;
}

/** The response object: the request's settings told back, the answer so far. */
export function responseObject(ask: Ask, meta: Meta, progress: Progress): JsonObject {
  const { body } = meta;
  const or = (field: string, otherwise: Json): Json => body[field] ?? otherwise;
  const text = isObject(body["text"]) ? body["text"] : {};
  const reasoning = isObject(body["reasoning"]) ? body["reasoning"] : {};
  const ended = progress.status !== "in_progress" && progress.status !== "queued";
  return {
    id: meta.id,
    object: "response",
    created_at: meta.createdAt,
    status: progress.status,
    background: or("background", false),
    completed_at: progress.status === "completed" ? meta.createdAt : null,
    error: null,
    frequency_penalty: 0,
    incomplete_details: progress.reason === undefined ? null : { reason: progress.reason },
    instructions: or("instructions", null),
    max_output_tokens: or("max_output_tokens", null),
    max_tool_calls: or("max_tool_calls", null),
    model: ask.model,
    output: progress.output,
    parallel_tool_calls: or("parallel_tool_calls", true),
    presence_penalty: 0,
    previous_response_id: or("previous_response_id", null),
    prompt_cache_key: or("prompt_cache_key", null),
    prompt_cache_retention: or("prompt_cache_retention", null),
    reasoning: { effort: null, summary: null, ...reasoning },
    safety_identifier: or("safety_identifier", null),
    service_tier: ended ? "default" : "auto",
    store: or("store", true),
    temperature: or("temperature", 1),
    text: { format: { type: "text" }, verbosity: "medium", ...text },
    tool_choice: or("tool_choice", "auto"),
    tools: objects(body["tools"]).map(told),
    top_logprobs: or("top_logprobs", 0),
    top_p: or("top_p", 1),
    truncation: or("truncation", "disabled"),
    usage: progress.usage,
    user: or("user", null),
    metadata: or("metadata", {}),
  };
}

/** A tool as the service tells it back, with its defaults. */
const told = (tool: JsonObject): JsonObject =>
  tool["type"] === "function" ? { description: null, strict: true, parameters: {}, ...tool } : tool;

/** The response when its answer is told. */
export function finished(ask: Ask, answer: Answer, meta: Meta, output: readonly JsonObject[]): JsonObject {
  const reason = answer.finish === "length" ? "max_output_tokens" : answer.finish === "filter" ? "content_filter" : undefined;
  return responseObject(ask, meta, {
    status: reason === undefined ? "completed" : "incomplete",
    output,
    usage: meta.usage === "none" || meta.usage === "misplaced" ? null : usageOf(ask, answer),
    reason,
  });
}

/** Input items as they are kept and listed: each with an id, messages with content lists. */
export function keptItems(items: readonly JsonObject[], responseId: string): readonly JsonObject[] {
  const tail = responseId.replace(/^resp_/, "");
  return items.map((item, i) => {
    const type = typeof item["type"] === "string" ? item["type"] : "message";
    const kept = { ...item, id: item["id"] ?? `${prefixes[type] ?? "item"}_${tail}n${i}`, type };
    if (type !== "message") return kept;
    const kind = item["role"] === "assistant" ? "output_text" : "input_text";
    const { content } = item;
    return { status: "completed", ...kept, content: isArray(content) ? content : [{ type: kind, text: content ?? "" }] };
  });
}

const prefixes: { readonly [type: string]: string } = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
};
