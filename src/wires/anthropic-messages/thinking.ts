import type { ChatRequest, Message, Reasoning } from "../../canonical/chat.ts";
import type { Target } from "../wire.ts";
import { isOwn } from "./encode-blocks.ts";
import type { Scope } from "./scope.ts";
import { type Draft, put } from "./spelling.ts";

/** How a model is told to think. Budgets came with 3.7, adaptive thinking with 4.6; later models refuse budgets. */
type Style = "none" | "budget" | "adaptive";

/** Names come from callers, and the search for a version is quadratic. */
const longestName = 512;

/** Major and minor version in a Claude model's name, however it is spelled; undefined for names without one. */
export function version(model: string): number | undefined {
  const found = /claude-(?:[a-z]+-)*(\d)(?:[-.](\d)(?!\d))?/.exec(model.slice(0, longestName));
  return found ? Number(found[1]) + Number(found[2] ?? 0) / 10 : undefined;
}

function styleOf(model: string): Style {
  if (!model.includes("claude")) return "budget";
  const known = version(model) ?? 5;
  return known < 3.7 ? "none" : known < 4.6 ? "budget" : "adaptive";
}

export interface Thinking {
  readonly thinking: Draft | undefined;
  readonly effort: string | undefined;
  /** Thinking is on, which forbids other sampling than the default. */
  readonly on: boolean;
}

const off: Thinking = { thinking: undefined, effort: undefined, on: false };

/** The request's reasoning in Anthropic's words; what came from this wire as it was said. */
export function encodeThinking(
  request: ChatRequest,
  target: Target,
  maxTokens: number,
  forcedTool: boolean,
  scope: Scope,
): Thinking {
  const { reasoning } = request;
  if (reasoning === undefined) return off;
  if (scope.native) return asSaid(reasoning);
  const { losses } = scope;
  if (reasoning.display !== undefined || reasoning.extra !== undefined) {
    losses.ignore("reasoning_details_ignored", "reasoning", "only how much to think is carried over to Anthropic");
  }
  if (!asksToThink(reasoning)) return off;
  if (reasoning.mode === "disabled" || reasoning.effort === "none") {
    const thinksByDefault = (version(target.model) ?? 0) >= 5;
    return thinksByDefault ? { ...off, thinking: { type: "disabled" } } : off;
  }
  const style = styleOf(target.model);
  if (style === "none") {
    losses.drop("reasoning_setting_dropped", "reasoning", `${target.model} cannot think`);
    return off;
  }
  if (style === "adaptive") return adaptive(reasoning, target, forcedTool, scope);
  if (forcedTool) {
    losses.drop("reasoning_setting_dropped", "reasoning", "Anthropic's models cannot think when a tool is forced");
    return off;
  }
  if (continuesUnsigned(request.messages, target.provider)) {
    losses.drop(
      "reasoning_setting_dropped",
      "reasoning",
      "this tool turn began without signed reasoning, which Anthropic then demands",
    );
    return off;
  }
  return budget(reasoning, maxTokens, scope);
}

/** A caller may only have said what is to become of thoughts, should there be any. */
const asksToThink = ({ mode, effort, budgetTokens, display }: Reasoning): boolean =>
  mode !== undefined || effort !== undefined || budgetTokens !== undefined || display !== undefined;

function asSaid(reasoning: Reasoning): Thinking {
  const { mode, effort, budgetTokens, display, extra } = reasoning;
  if (mode === undefined) return { ...off, effort };
  const thinking: Draft = { type: mode };
  put(thinking, "budget_tokens", budgetTokens);
  put(thinking, "display", display);
  for (const [name, value] of Object.entries(extra ?? {})) put(thinking, name, value);
  return { thinking, effort, on: mode !== "disabled" };
}

function adaptive(reasoning: Reasoning, target: Target, forcedTool: boolean, scope: Scope): Thinking {
  const { losses } = scope;
  const { budgetTokens } = reasoning;
  let effort = reasoning.effort;
  if (effort === undefined && budgetTokens !== undefined) {
    effort = budgetTokens <= 2048 ? "low" : budgetTokens <= 10_000 ? "medium" : "high";
    losses.approximate("reasoning_approximated", "reasoning", `${budgetTokens} tokens became effort ${effort}`);
  }
  if (effort === "minimal" || (effort === "xhigh" && version(target.model) === 4.6)) {
    const nearest = effort === "minimal" ? "low" : "high";
    losses.approximate("reasoning_approximated", "reasoning", `effort ${effort} became ${nearest}`);
    effort = nearest;
  }
  if (!forcedTool) return { thinking: { type: "adaptive" }, effort, on: true };
  losses.approximate("reasoning_approximated", "reasoning", "a forced tool forbids thinking; only the effort was sent");
  return { thinking: undefined, effort, on: false };
}

const budgets = new Map([
  ["minimal", 1024],
  ["low", 2048],
  ["medium", 8192],
  ["high", 16_384],
  ["xhigh", 24_576],
  ["max", 32_000],
]);

function budget(reasoning: Reasoning, maxTokens: number, scope: Scope): Thinking {
  const { losses } = scope;
  const wanted = Math.max(1024, reasoning.budgetTokens ?? budgets.get(reasoning.effort ?? "medium") ?? 8192);
  // The limit covers thoughts and answer; a quarter is kept for the answer.
  const tokens = Math.min(wanted, Math.floor(maxTokens * 0.75));
  if (tokens < 1024) {
    losses.drop(
      "reasoning_setting_dropped",
      "reasoning",
      `an output limit of ${maxTokens} tokens leaves no room to think (at least 1366)`,
    );
    return off;
  }
  if (reasoning.budgetTokens !== tokens) {
    losses.approximate("reasoning_approximated", "reasoning", `sent as a budget of ${tokens} tokens`);
  }
  return { thinking: { type: "enabled", budget_tokens: tokens }, effort: undefined, on: true };
}

/** The history ends within a tool turn whose assistant message does not begin with reasoning that Anthropic could check. */
function continuesUnsigned(messages: readonly Message[], provider: string): boolean {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  if (!messages.slice(last + 1).some(({ content }) => content.some(({ type }) => type === "tool-result"))) return false;
  // On some wires each part is a message of its own: together they are the one that Anthropic sees.
  let from = last;
  while (from > 0 && messages[from - 1]?.role === "assistant") from--;
  const [first] = messages.slice(Math.max(from, 0), last + 1).flatMap(({ content }) => content);
  if (first?.type !== "reasoning") return true;
  return !isOwn(first.origin, provider) || (!first.signature && first.redacted === undefined);
}
