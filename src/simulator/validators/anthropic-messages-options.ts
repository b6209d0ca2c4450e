import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isText } from "./findings.ts";

/** Limits, sampling, thinking, tools and cache breakpoints: bounds, and fields that exclude or need each other. */
export function checkMessagesOptions(request: JsonObject, findings: Findings): void {
  const limit = request["max_tokens"];
  findings.want(
    typeof limit === "number" && Number.isInteger(limit) && limit >= 1,
    "max_tokens",
    "Field required, a whole number of at least 1",
  );
  findings.range(request, "temperature", 0, 1);
  findings.range(request, "top_p", 0, 1);
  findings.range(request, "top_k", 0, Number.MAX_SAFE_INTEGER, true);
  checkSystem(request["system"], findings);
  checkStops(request["stop_sequences"], findings);
  checkTools(request, findings);
  checkThinking(request, findings);
  checkBreakpoints(request, findings);
}

function checkSystem(system: Json | undefined, findings: Findings): void {
  if (system === undefined || isText(system)) return;
  for (const [i, block] of findings.array(system, "system").entries()) {
    const text = isObject(block) ? block["text"] : undefined;
    findings.want(isText(text) && text !== "", `system.${i}`, "system: text content blocks must be non-empty");
  }
}

function checkStops(stops: Json | undefined, findings: Findings): void {
  if (!given(stops)) return;
  for (const [i, stop] of findings.array(stops, "stop_sequences").entries()) {
    findings.want(isText(stop) && stop.trim() !== "", `stop_sequences.${i}`, "each stop sequence must contain non-whitespace");
  }
}

function checkTools(request: JsonObject, findings: Findings): void {
  const tools = given(request["tools"]) ? findings.array(request["tools"], "tools") : [];
  const names = new Set<string>();
  for (const [i, one] of tools.entries()) {
    const at = `tools.${i}`;
    const tool = findings.object(one, at);
    if (!tool) continue;
    const name = tool["name"];
    const custom = !given(tool["type"]) || tool["type"] === "custom";
    if (custom) {
      findings.want(
        isText(name) && /^[a-zA-Z0-9_-]{1,128}$/.test(name),
        `${at}.name`,
        "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
      );
      const schema = findings.object(tool["input_schema"], `${at}.input_schema`);
      if (schema) findings.want(schema["type"] === "object", `${at}.input_schema.type`, "Input should be 'object'");
    }
    if (!isText(name)) continue;
    findings.want(!names.has(name), at, `Tool names must be unique (${name})`);
    names.add(name);
  }
  checkChoice(request["tool_choice"], tools.length, names, findings);
}

function checkChoice(value: Json | undefined, tools: number, names: ReadonlySet<string>, findings: Findings): void {
  if (!given(value)) return;
  const choice = findings.object(value, "tool_choice");
  if (!choice) return;
  const type = choice["type"];
  findings.want(tools > 0 || type === "none", "tool_choice", "may only be specified while providing `tools`");
  if (type !== "tool") return;
  const name = choice["name"];
  findings.want(isText(name) && names.has(name), "tool_choice.name", `Tool '${String(name)}' not found in provided tools`);
}

function checkThinking(request: JsonObject, findings: Findings): void {
  const thinking = request["thinking"];
  if (!given(thinking)) return;
  const config = findings.object(thinking, "thinking");
  const type = config?.["type"];
  if (!config || type === "disabled") return;
  if (!findings.want(type === "enabled" || type === "adaptive", "thinking.type", "must be enabled, adaptive or disabled")) return;
  if (type === "enabled") checkBudget(config["budget_tokens"], request["max_tokens"], findings);
  const { temperature, top_p: topP, top_k: topK } = request;
  findings.want(!given(temperature) || temperature === 1, "temperature", "may only be set to 1 when thinking is enabled");
  findings.want(
    !given(topP) || (typeof topP === "number" && topP >= 0.95),
    "top_p",
    "must be at least 0.95 when thinking is enabled",
  );
  findings.want(!given(topK), "top_k", "must be unset when thinking is enabled");
  const choice = isObject(request["tool_choice"]) ? request["tool_choice"]["type"] : undefined;
  findings.want(
    choice !== "any" && choice !== "tool",
    "tool_choice",
    "Thinking may not be enabled when tool_choice forces tool use",
  );
}

function checkBudget(budget: Json | undefined, limit: Json | undefined, findings: Findings): void {
  const at = "thinking.budget_tokens";
  if (!findings.want(typeof budget === "number" && budget >= 1024, at, "Input should be greater than or equal to 1024")) return;
  findings.want(
    typeof limit !== "number" || Number(budget) < limit,
    "max_tokens",
    "must be greater than `thinking.budget_tokens`",
  );
}

const mostBreakpoints = 4;

function checkBreakpoints(request: JsonObject, findings: Findings): void {
  const count = [request["tools"], request["system"], request["messages"]].reduce<number>((sum, part) => sum + marks(part, 0), 0);
  const all = count + (isObject(request["cache_control"]) ? 1 : 0);
  findings.want(
    all <= mostBreakpoints,
    "cache_control",
    `A maximum of ${mostBreakpoints} blocks with cache_control may be provided. Found ${all}`,
  );
}

function marks(value: Json | undefined, depth: number): number {
  if (depth > 6) return 0;
  if (isArray(value)) return value.reduce<number>((sum, one) => sum + marks(one, depth + 1), 0);
  if (!isObject(value)) return 0;
  return (isObject(value["cache_control"]) ? 1 : 0) + marks(value["content"], depth + 1);
}
