import type { ChatRequest } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { restore } from "../shared/openai/form.ts";
import type { Scope } from "./scope.ts";

/** Thinking budgets (tokens) up to which an effort is meant; above the last it is `high`. */
const lowBudget = 4096;
const mediumBudget = 16384;

/** How much the model may think, in the form it came in, else as `reasoning_effort`. */
export function encodeReasoningSetting(request: ChatRequest, scope: Scope): JsonObject {
  const { reasoning, spelling } = request;
  if (reasoning === undefined) return {};
  const { effort, mode, budgetTokens, display, extra } = reasoning;
  if (scope.native) {
    if (spelling?.["reasoning"] !== undefined) {
      const made: JsonObject = {
        ...(effort !== undefined && { effort }),
        ...(budgetTokens !== undefined && { max_tokens: budgetTokens }),
        ...(mode !== undefined && { enabled: mode !== "disabled" }),
      };
      return { reasoning: restore(made, extra, "reasoning", scope) };
    }
    if (spelling?.["thinking"] !== undefined) {
      const made: JsonObject = {
        ...(mode !== undefined && { type: mode }),
        ...(budgetTokens !== undefined && { budget_tokens: budgetTokens }),
      };
      const thinking = restore(made, extra, "thinking", scope);
      return { ...(effort !== undefined && { reasoning_effort: effort }), thinking };
    }
  }
  const { losses } = scope;
  restore({}, extra, "reasoning", scope);
  if (display !== undefined) losses.ignore("reasoning_display_ignored", "thinking.display", "this API decides what it shows.");
  if (effort !== undefined) {
    if (budgetTokens !== undefined) {
      losses.approximate("reasoning_approximated", "thinking.budget_tokens", `sent as the effort ${effort} alone.`);
    }
    return { reasoning_effort: effort };
  }
  if (budgetTokens !== undefined && mode !== "disabled") {
    const near = budgetTokens <= lowBudget ? "low" : budgetTokens <= mediumBudget ? "medium" : "high";
    losses.approximate(
      "reasoning_approximated",
      "thinking.budget_tokens",
      `${budgetTokens} tokens were sent as the effort ${near}.`,
    );
    return { reasoning_effort: near };
  }
  if (mode !== undefined) {
    losses.ignore("reasoning_mode_ignored", "thinking.type", `${mode} has no word in this API; the model's default holds.`);
  }
  return {};
}
