import type { JsonObject } from "../../src/canonical/json.ts";
import { type Diff, objects, str } from "./json.ts";
import type { Exchange, WireName } from "./loader.ts";
import { wireJudges } from "./wires/index.ts";

/**
 * A difference that is right as it is. Every rule is narrow, has a reason, prints how often it was needed, and is red when it
 * excuses more than 0.5 % of its cell's cases.
 */
export interface Rule {
  readonly id: string;
  readonly cell: string;
  readonly reason: string;
  /** Which differences it excuses. */
  readonly check: RegExp;
  /** Whose. */
  readonly provider?: string | undefined;
  readonly where?: ((diff: Diff, exchange: Exchange) => boolean) | undefined;
}

export const LIMIT = 0.005;

export const rules: readonly Rule[] = [
  ...(["requests", "translate-requests"] as const).map((cell) => ({
    id: `orphans-${cell}`,
    cell,
    reason:
      "a server let pass a tool call without a result or a result without a call; the APIs proper refuse it, and so do we, naming the message",
    check: /^threw$/,
    where: (_diff: Diff, exchange: Exchange) => orphan[exchange.wire](exchange.request ?? {}),
  })),
  ...(["translate-other", "limits", "socket"] as const).map((cell) => ({
    id: `custom-call-stream-${cell}`,
    cell,
    reason: "OpenAI's chat specification forgets custom tool calls in streams, though OpenAI itself streams them so",
    check: /^openai-chat\.stream\.spec$/,
    where: (diff: Diff, exchange: Exchange) =>
      /tool_calls/.test(diff.actual) && /"custom_tool_call"/.test(exchange.stream ?? JSON.stringify(exchange.whole)),
  })),
  ...(["translate-other", "socket"] as const).map((cell) => ({
    id: `spoken-answer-${cell}`,
    cell,
    reason: "Anthropic has no spoken answers: the transcript is shown as text, with a warning",
    check: /\.text$/,
    where: (_diff: Diff, exchange: Exchange) => /"transcript": ?"[^"]/.test(exchange.stream ?? JSON.stringify(exchange.whole)),
  })),
  ...(["socket", "ledger"] as const).map((cell) => ({
    id: `unasked-server-${cell}`,
    cell,
    reason:
      "Google ran a tool of the recording's own MCP server; the caller of this play offered none, so the call is taken for one that is its own to run",
    check: /^(socket\.translated\.(calls|finish|order-of-parts.*)|translated\.finish)$/,
    where: (_diff: Diff, { wire, request = {} }: Exchange) => wire === "gemini" && /"mcpServers"/.test(JSON.stringify(request)),
  })),
  {
    id: "usage-of-broken-relays",
    cell: "relay",
    reason:
      "Gemini tells its usage anew in every event: of a stream that breaks off the last one is shown to the relay by the stream itself (router/relayed-stream.ts), which this look without one leaves out",
    check: /^relay\.interesting\.usage/,
    where: (_diff: Diff, { wire, stream = "" }: Exchange) => wire === "gemini" && !wireJudges.gemini.stream(stream).ended,
  },
  ...(["socket", "ledger"] as const).map((cell) => ({
    id: `json-mended-${cell}`,
    cell,
    reason: "JSON was asked for and came in a Markdown fence: the fence is taken off, so the answer is not relayed byte for byte",
    check: /^(socket\.(whole|bytes)|relayed\.relayed)/,
    where: (_diff: Diff, { request = {}, whole, stream }: Exchange) =>
      /"json_(schema|object)"|"output_config"|json"/.test(JSON.stringify(request)) && /```/.test(stream ?? JSON.stringify(whole)),
  })),
  {
    id: "own-fields",
    cell: "translate-same",
    reason:
      "ids that a provider gave to two items, fields and tiers that no specification has, items said to be unfinished in a finished answer: served as the specification demands",
    check: /^faithful\.whole\.(output\[\]\.(status|id|item_id|output_index)|serviceTier)$/,
    where: (_diff: Diff, { wire }: Exchange) => wire === "openai-responses",
  },
  {
    id: "renamed-tool",
    cell: "translate-requests",
    reason: "Google's names begin with a letter: a tool of another name gets a new one, and its calls come back under the old",
    check: /^gemini\.request\.lost$/,
    where: (diff: Diff) => /^"?tool(?: call)?: [^a-zA-Z_]/.test(diff.expected),
  },
  {
    id: "program-caller",
    cell: "requests",
    reason:
      "programs that call tools, who calls them and who may, mean something to OpenAI alone: it stays in extra, where other wires report it",
    check: /^extra\.(part\.tool-call\.caller|tool\.allowed_callers)/,
    where: (_diff: Diff, { wire }: Exchange) => wire === "openai-responses",
  },
  {
    id: "result-metadata",
    cell: "decode",
    reason: "metadata of an answer is the caller's own, given back; providers use the name for other things, which stay in extra",
    check: /^extra\.result\.metadata$/,
  },
];

const orphan: { readonly [wire in WireName]: (request: JsonObject) => boolean } = {
  "openai-chat": openaiOrphan,
  "anthropic-messages": anthropicOrphan,
  "openai-responses": () => false,
  gemini: (request) => wireJudges.gemini.strict(request).some((fault) => /number of function response parts/.test(fault)),
};

/** Whether a history answers a call that the message before did not make. */
function anthropicOrphan(request: JsonObject): boolean {
  const messages = objects(request["messages"]);
  return messages.some((message, at) => {
    const made = new Set(objects(messages[at - 1]?.["content"]).flatMap((part) => str(part["id"]) ?? []));
    return objects(message["content"]).some(
      (part) => part["type"] === "tool_result" && !made.has(str(part["tool_use_id"]) ?? ""),
    );
  });
}

/** Whether the tool messages after a turn are not exactly the answers to its calls. */
function openaiOrphan(request: JsonObject): boolean {
  const open = new Set<string>();
  for (const message of objects(request["messages"])) {
    if (message["role"] === "tool") {
      if (!open.delete(str(message["tool_call_id"]) ?? "")) return true;
      continue;
    }
    if (open.size > 0) return true;
    for (const call of objects(message["tool_calls"])) open.add(str(call["id"]) ?? "");
  }
  return open.size > 0;
}

export function excuse(
  cell: string,
  exchange: Exchange,
  diffs: readonly Diff[],
): { readonly left: readonly Diff[]; readonly used: readonly string[] } {
  if (diffs.length === 0) return { left: diffs, used: [] };
  const used = new Set<string>();
  const left = diffs.filter((diff) => {
    const rule = rules.find((one) => applies(one, cell, exchange, diff));
    if (rule) used.add(rule.id);
    return !rule;
  });
  return { left, used: [...used] };
}

function applies(rule: Rule, cell: string, exchange: Exchange, diff: Diff): boolean {
  if (rule.cell !== cell || !rule.check.test(diff.check)) return false;
  if (rule.provider !== undefined && rule.provider !== exchange.provider) return false;
  return rule.where === undefined || rule.where(diff, exchange);
}
