import type { ChatRequest } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { restore } from "../shared/openai/form.ts";
import type { Context } from "./losses.ts";

/** Thinking budgets (tokens) up to which an effort is meant; above the last it is `high`. */
const lowBudget = 4096;
const mediumBudget = 16384;

/** How much the model may think, and whether a caller who wants to see it is shown a summary. */
export function encodeReasoning({ reasoning, spelling }: ChatRequest, context: Context): JsonObject {
  if (reasoning === undefined) return {};
  const { effort, extra, display } = reasoning;
  if (context.native) {
    const summary = display === undefined ? undefined : spelling?.["reasoning"];
    const said = { ...(effort !== undefined && { effort }), ...(summary !== undefined && { summary }) };
    return { reasoning: restore(said, extra, "reasoning", context) };
  }
  restore({}, extra, "reasoning", context);
  const near = effort ?? effortFor(reasoning, context);
  if (effort !== undefined && reasoning.budgetTokens !== undefined) {
    const said = `sent as the effort ${effort} alone.`;
    context.losses.approximate("reasoning_budget_as_effort", "thinking.budget_tokens", said);
  }
  const made: JsonObject = {
    ...(near !== undefined && { effort: near }),
    ...(display === "summarized" && near !== "none" && { summary: "auto" }),
  };
  return Object.keys(made).length > 0 ? { reasoning: made } : {};
}

function effortFor({ mode, budgetTokens }: NonNullable<ChatRequest["reasoning"]>, { losses }: Context): string | undefined {
  if (budgetTokens !== undefined && mode !== "disabled") {
    const near = budgetTokens <= lowBudget ? "low" : budgetTokens <= mediumBudget ? "medium" : "high";
    const said = `${budgetTokens} tokens were sent as the effort ${near}.`;
    losses.approximate("reasoning_budget_as_effort", "thinking.budget_tokens", said);
    return near;
  }
  if (mode !== undefined) {
    losses.ignore("reasoning_mode_ignored", "thinking.type", `${mode} has no word in this API; the model's default holds.`);
  }
  return undefined;
}
