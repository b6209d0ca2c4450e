import type { GenerateRequest } from "./request.ts";

/* What is told of a request is told by its place in the request that the program made: as the wires' places.ts do for theirs. */

/** Settings whose canonical name, or a wire's, is spelled otherwise here; longer ones first. */
const fields: readonly (readonly [string, string])[] = [
  ["reasoning.budget_tokens", "reasoning.budgetTokens"],
  ["response_format.schema", "output.schema"],
  ["response_format", "output"],
  ["parallel_tool_calls", "parallelToolCalls"],
  ["max_output_tokens", "maxTokens"],
  ["max_completion_tokens", "maxTokens"],
  ["max_tokens", "maxTokens"],
  ["tool_choice", "toolChoice"],
  ["top_p", "topP"],
  ["top_k", "topK"],
];

/** The place in the program's request of what is named canonically; one that is not known there stays as it is. */
export function placeOf(request: Pick<GenerateRequest, "messages" | "system">, at: string): string {
  const [, number, rest = ""] = /^messages\[(\d+)\](.*)$/s.exec(at) ?? [];
  if (number !== undefined) return messagePlace(request, Number(number), rest) ?? at;
  for (const [canonical, own] of fields)
    if (at === canonical || at.startsWith(`${canonical}.`)) return own + at.slice(canonical.length);
  return at;
}

/** A sentence of ours about a request, its fields named as they are here. */
export const inOwnWords = (sentence: string): string =>
  fields
    .reduce((told, [canonical, own]) => told.replace(new RegExp(`(?<![\\w.])${canonical}(?![\\w])`, "g"), own), sentence)
    .replace("with the header x-polygate-strict: warn", 'with `strict: "warn"`');

function messagePlace({ messages, system }: Pick<GenerateRequest, "messages" | "system">, canonical: number, rest: string) {
  const index = system === undefined ? canonical : canonical - 1;
  if (index < 0) return "system";
  if (messages === undefined) return index === 0 ? "prompt" : undefined;
  const message = messages[index];
  if (message === undefined) return undefined;
  const at = `messages[${index}]`;
  const [, part, inner = ""] = /^\.content\[(\d+)\](.*)$/s.exec(rest) ?? [];
  if (part === undefined) return at + rest;
  // The result of a tool is a message here, and a part of one canonically.
  const within = message.role === "tool" ? inner : rest;
  return typeof message.content === "string" ? `${at}${within === "" ? "" : ".content"}` : at + within;
}
