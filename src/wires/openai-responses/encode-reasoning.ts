import type { ChatRequest } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { restore } from "../shared/openai/form.ts";
import { spelledMembers } from "./encode-parts.ts";
import type { Scope } from "./scope.ts";

/** Thinking budgets (tokens) up to which an effort is meant; above the last it is `high`. */
const lowBudget = 4096;
const mediumBudget = 16384;

const efforts = new Set(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);

/** How much the model may think, and whether a caller who wants to see it is shown a summary. */
export function encodeReasoning({ reasoning, spelling }: ChatRequest, scope: Scope): JsonObject {
  if (reasoning === undefined) return {};
  const { effort, extra, display, context: reread, grade } = reasoning;
  if (scope.native) {
    const said = {
      ...(effort !== undefined && { effort }),
      ...(reread !== undefined && { context: reread }),
      ...(grade !== undefined && { mode: grade }),
      ...spelledMembers(spelling?.["reasoning"], display === undefined ? /=null$/ : /=/),
    };
    return { reasoning: restore(said, extra, "reasoning", scope) };
  }
  restore({}, extra, "reasoning", scope);
  const near = effort === undefined ? effortFor(reasoning, scope) : known(effort, scope);
  if (effort !== undefined && reasoning.budgetTokens !== undefined) {
    const said = `sent as the effort ${effort} alone.`;
    scope.losses.approximate("reasoning_approximated", "thinking.budget_tokens", said);
  }
  const made: JsonObject = {
    ...(near !== undefined && { effort: near }),
    ...(display === "summarized" && near !== "none" && { summary: "auto" }),
  };
  return Object.keys(made).length > 0 ? { reasoning: made } : {};
}

function known(effort: string, { losses }: Scope): string | undefined {
  if (efforts.has(effort)) return effort;
  losses.approximate(
    "reasoning_approximated",
    "reasoning_effort",
    `this API has no effort ${effort}; the model's default holds.`,
  );
  return undefined;
}

function effortFor({ mode, budgetTokens }: NonNullable<ChatRequest["reasoning"]>, { losses }: Scope): string | undefined {
  if (budgetTokens !== undefined && mode !== "disabled") {
    const near = budgetTokens <= lowBudget ? "low" : budgetTokens <= mediumBudget ? "medium" : "high";
    const said = `${budgetTokens} tokens were sent as the effort ${near}.`;
    losses.approximate("reasoning_approximated", "thinking.budget_tokens", said);
    return near;
  }
  if (mode !== undefined) {
    losses.ignore("reasoning_mode_ignored", "thinking.type", `${mode} has no word in this API; the model's default holds.`);
  }
  return undefined;
}
