import type { ChatResult } from "../canonical/chat.ts";
import type { Json } from "../canonical/json.ts";
import type { Part } from "../canonical/parts.ts";
import type { CallFacts, GenerateResult, ToolCall } from "./result.ts";

/** An answer as the caller gets it: its first choice, there being no more. */
export function generateResult({ choices }: ChatResult, facts: CallFacts, wantsJson: boolean): GenerateResult {
  const choice = choices.find(({ index }) => index === 0) ?? choices[0];
  const parts = choice?.content ?? [];
  const text = textOf(parts);
  const reason = choice?.finish.reason ?? "other";
  const json = wantsJson && reason === "stop" ? parsed(text) : undefined;
  return {
    ...facts,
    text,
    parts,
    toolCalls: parts.flatMap(toolCall),
    ...(json !== undefined && { json }),
    finishReason: reason,
    finishRaw: choice?.finish.raw ?? null,
  };
}

const textOf = (parts: readonly Part[]): string => parts.map((part) => (part.type === "text" ? part.text : "")).join("");

function toolCall(part: Part): ToolCall[] {
  if (part.type !== "tool-call") return [];
  const input = parsed(part.arguments);
  return [{ id: part.id, name: part.name, arguments: part.arguments, ...(input !== undefined && { input }) }];
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
