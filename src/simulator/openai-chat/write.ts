import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask, Finish, MadeCall } from "../brain/ask.ts";
import type { Meta } from "../face.ts";
import { usageOf } from "./usage.ts";

const fingerprint = "fp_simulator";

/** The finish reason as this wire says it. */
export function finishReason(finish: Finish): string {
  switch (finish) {
    case "stop":
    case "stop-sequence":
    case "refusal":
      return "stop";
    case "length":
      return "length";
    case "tool-calls":
      return "tool_calls";
    case "filter":
      return "content_filter";
  }
}

/** A whole `chat.completion`. */
export function writeWhole(ask: Ask, answers: readonly Answer[], meta: Meta): string {
  const usage = usageOf(ask, answers);
  return JSON.stringify({
    id: meta.id,
    object: "chat.completion",
    created: meta.createdAt,
    model: ask.model,
    choices: answers.map((answer, index) => ({
      index,
      message: message(answer, meta),
      logprobs: ask.logprobs === undefined ? null : logprobs(answer, ask.logprobs),
      finish_reason: finishReason(answer.finish),
      ...(meta.usage === "misplaced" && { usage }),
    })),
    ...((meta.usage === "normal" || meta.usage === "twice" || meta.usage === "cumulative") && { usage }),
    service_tier: "default",
    system_fingerprint: fingerprint,
  });
}

function message(answer: Answer, meta: Meta): JsonObject {
  const silent = answer.text.length === 0 && (answer.calls.length > 0 || answer.refusal.length > 0);
  return {
    role: "assistant",
    content: silent ? null : answer.text.join(""),
    refusal: answer.refusal.length > 0 ? answer.refusal.join("") : null,
    ...(answer.thinking.length > 0 && { [meta.behaviour.thoughtField ?? "reasoning_content"]: answer.thinking.join("") }),
    ...(answer.calls.length > 0 && { tool_calls: answer.calls.map(toolCall) }),
    annotations: [],
  };
}

const toolCall = (call: MadeCall): JsonObject =>
  call.kind === "custom"
    ? { id: call.id, type: "custom", custom: { name: call.name, input: call.arguments } }
    : { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } };

/** Logprobs of a token: made up, the same every time. */
export function tokenLogprob(token: string, position: number, top: number): JsonObject {
  const logprob = -0.01 * ((position % 10) + 1);
  const bytes = [...Buffer.from(token)];
  const alternatives = Array.from({ length: top }, (_, i) => ({
    token: i === 0 ? token : `~${i}`,
    logprob: logprob - i,
    bytes: i === 0 ? bytes : [...Buffer.from(`~${i}`)],
  }));
  return { token, logprob, bytes, top_logprobs: alternatives };
}

function logprobs(answer: Answer, top: number): Json {
  if (answer.text.length === 0 && answer.refusal.length === 0) return null;
  const list = (pieces: readonly string[]): Json =>
    pieces.length === 0 ? null : pieces.map((token, i) => tokenLogprob(token, i, top));
  return { content: list(answer.text), refusal: list(answer.refusal) };
}
