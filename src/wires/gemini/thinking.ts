import type { Reasoning } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { Scope } from "./scope.ts";
import { type Draft, put } from "./spelling.ts";

/** How much the model may think, in this API's words: a budget up to the generation 2.5, a level from the third on. */
export function encodeThinking(
  reasoning: Reasoning | undefined,
  spelling: { readonly [field: string]: string } | undefined,
  scope: Scope,
): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  if (scope.native) return asSaid(reasoning, spelling);
  const { generation, losses, target } = scope;
  const { mode, effort, budgetTokens, display, extra } = reasoning;
  if (extra !== undefined) losses.ignore("reasoning_details_ignored", "reasoning", "only how much to think is carried over.");
  const off = mode === "disabled" || effort === "none";
  if (effort === undefined && budgetTokens === undefined && mode === undefined) return undefined;
  if (generation === undefined || generation < 2.5) {
    if (!off) losses.drop("reasoning_setting_dropped", "reasoning", `${target.model} cannot be told how much to think.`);
    return undefined;
  }
  const made: Draft = {};
  if (generation < 3) put(made, "thinkingBudget", budget(reasoning, off, scope));
  else put(made, "thinkingLevel", level(reasoning, off, scope));
  // Callers of other wires are shown thoughts without asking for them.
  if (!off && display !== "omitted") made["includeThoughts"] = true;
  return Object.keys(made).length > 0 ? made : undefined;
}

function asSaid(reasoning: Reasoning, spelling: { readonly [field: string]: string } | undefined): JsonObject {
  const { mode, effort, budgetTokens, display, extra } = reasoning;
  const made: Draft = {};
  put(made, "thinkingBudget", mode === "adaptive" ? -1 : mode === "disabled" ? 0 : budgetTokens);
  put(made, "thinkingLevel", effort === undefined ? undefined : (spelling?.["thinkingLevel"] ?? effort.toUpperCase()));
  put(made, "includeThoughts", display === undefined ? undefined : display === "summarized");
  for (const [field, value] of Object.entries(extra ?? {})) put(made, field, value);
  return made;
}

/** Tokens that Google itself takes these efforts for (its OpenAI-compatible API). */
const budgets = new Map([
  ["minimal", 1024],
  ["low", 1024],
  ["medium", 8192],
  ["high", 24_576],
  ["xhigh", 24_576],
  ["max", 24_576],
]);

function budget({ mode, effort, budgetTokens }: Reasoning, off: boolean, { target, losses }: Scope): number | undefined {
  const pro = target.model.includes("pro");
  if (off) {
    if (!pro) return 0;
    losses.approximate("reasoning_approximated", "reasoning", `${target.model} always thinks; the least budget was sent.`);
    return 128;
  }
  if (budgetTokens !== undefined) {
    const most = pro ? 32_768 : 24_576;
    const fitted = Math.min(Math.max(budgetTokens, pro ? 128 : 1), most);
    if (fitted !== budgetTokens) losses.approximate("reasoning_approximated", "reasoning", `the nearest it takes is ${fitted}.`);
    return fitted;
  }
  if (effort === undefined) return mode === "adaptive" ? -1 : undefined;
  const tokens = budgets.get(effort) ?? -1;
  losses.approximate("reasoning_approximated", "reasoning", `effort ${effort} was sent as a budget of ${tokens} tokens.`);
  return tokens;
}

/** Budgets (tokens) up to which a level is meant; above the last it is high. */
const lowBudget = 4096;
const mediumBudget = 12_288;

function level({ effort, budgetTokens }: Reasoning, off: boolean, scope: Scope): string | undefined {
  const { losses } = scope;
  if (off) return nearest("minimal", "none", scope);
  if (effort !== undefined) {
    if (budgetTokens !== undefined) losses.approximate("reasoning_approximated", "reasoning", "the effort alone was sent.");
    return nearest(effort, effort, scope);
  }
  if (budgetTokens === undefined) return undefined;
  const meant = budgetTokens <= lowBudget ? "low" : budgetTokens <= mediumBudget ? "medium" : "high";
  const sent = nearest(meant, meant, scope);
  losses.approximate("reasoning_approximated", "reasoning", `${budgetTokens} tokens were sent as the level ${sent}.`);
  return sent;
}

/** The level that the model has for an effort: pro models know no minimal one, and the first of them no medium. */
function nearest(effort: string, asked: string, { target, generation, losses }: Scope): string {
  const pro = target.model.includes("pro");
  const wanted = effort === "xhigh" || effort === "max" ? "high" : effort;
  let sent = wanted;
  if (!["minimal", "low", "medium", "high"].includes(wanted)) sent = "high";
  else if (pro && wanted === "minimal") sent = "low";
  else if (pro && wanted === "medium" && generation === 3) sent = "high";
  if (sent !== asked) losses.approximate("reasoning_approximated", "reasoning", `effort ${asked} was sent as the level ${sent}.`);
  return sent.toUpperCase();
}
