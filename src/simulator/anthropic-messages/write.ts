import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask, Finish } from "../brain/ask.ts";
import type { Meta } from "../face.ts";
import { usageOf } from "./usage.ts";

/** The stop reason as this wire says it. */
export function stopReason(finish: Finish): string {
  switch (finish) {
    case "stop":
      return "end_turn";
    case "length":
      return "max_tokens";
    case "tool-calls":
      return "tool_use";
    case "stop-sequence":
      return "stop_sequence";
    case "refusal":
    case "filter":
      return "refusal";
  }
}

export const stopDetails = (finish: Finish): Json =>
  finish === "refusal" || finish === "filter"
    ? { type: "refusal", category: null, explanation: "The simulator declines every request to this model." }
    : null;

/** A whole `message`. */
export function writeWhole(ask: Ask, answers: readonly Answer[], meta: Meta): string {
  const answer = answers[0];
  if (!answer) throw new Error("the simulator made no answer");
  const usage =
    meta.usage === "none" || meta.usage === "misplaced"
      ? {}
      : { usage: usageOf(ask, answer.outputTokens, answer.thinkingTokens) };
  return JSON.stringify({
    model: ask.model,
    id: meta.id,
    type: "message",
    role: "assistant",
    content: content(ask, answer, meta),
    stop_reason: stopReason(answer.finish),
    stop_sequence: answer.stopSequence ?? null,
    stop_details: stopDetails(answer.finish),
    container: null,
    ...usage,
  });
}

function content(ask: Ask, answer: Answer, meta: Meta): readonly JsonObject[] {
  const blocks: JsonObject[] = [];
  if (thinks(ask)) {
    const thinking = answer.thinking.join("");
    blocks.push({ type: "thinking", thinking, signature: meta.signer.sign("thinking", thinking) });
  }
  if (answer.redacted) blocks.push({ type: "redacted_thinking", data: meta.signer.redact(meta.id) });
  const text = [...answer.text, ...answer.refusal].join("");
  if (text !== "") blocks.push({ type: "text", text, citations: null });
  for (const call of answer.calls) {
    blocks.push({ type: "tool_use", id: call.id, name: call.name, input: parsed(call.arguments), caller: { type: "direct" } });
  }
  return blocks;
}

export const thinks = (ask: Ask): boolean => ask.thinking === "shown" || ask.thinking === "omitted";

/** Arguments cut short by the token limit become an empty input. */
function parsed(text: string): JsonObject {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
