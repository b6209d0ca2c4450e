import type { HeaderBag } from "../../canonical/call.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { checkMessagesOptions } from "./anthropic-messages-options.ts";
import { Findings, given, isFilled, isText } from "./findings.ts";

/** What only the service itself could know of a request. Where a member is absent its rule is not applied. */
export interface MessagesContext {
  readonly headers?: HeaderBag | undefined;
  /** Whether the service issued this signature for this thought. */
  readonly signed?: ((thinking: string, signature: string) => boolean) | undefined;
  readonly redacted?: ((data: string) => boolean) | undefined;
}

/**
 * What Anthropic's Messages service refuses although the body is well formed JSON: roles, results without calls, replayed
 * thoughts, limits. Written from the service's documented and recorded behaviour, apart from `wires/`.
 * Gives sentences `field: what is wrong`; none = valid.
 */
export function validateMessagesRequest(body: Json, context: MessagesContext = {}): string[] {
  const findings = new Findings();
  if (context.headers) findings.want(isFilled(context.headers["anthropic-version"]), "anthropic-version", "header is required");
  const request = findings.object(body, "body");
  if (!request) return findings.list;
  findings.want(isFilled(request["model"]), "model", "Field required");
  checkMessages(request, context, findings);
  checkMessagesOptions(request, findings);
  return findings.list;
}

/** A turn: consecutive messages of one role, which the service merges. */
interface Turn {
  readonly role: string;
  readonly at: string;
  readonly blocks: { readonly block: JsonObject; readonly at: string }[];
}

function checkMessages(request: JsonObject, context: MessagesContext, findings: Findings): void {
  const messages = findings.array(request["messages"], "messages");
  if (isArray(request["messages"])) findings.want(messages.length > 0, "messages", "at least one message is required");
  const turns: Turn[] = [];
  for (const [i, one] of messages.entries()) {
    const at = `messages.${i}`;
    const message = findings.object(one, at);
    if (!message) continue;
    const role = message["role"];
    if (role !== "user" && role !== "assistant" && role !== "system") {
      findings.add(`${at}.role`, "Input should be 'user' or 'assistant'");
      continue;
    }
    const last = i === messages.length - 1;
    const blocks = blocksOf(message["content"], `${at}.content`, role === "assistant" && last, findings);
    for (const { block, at: where } of blocks) checkBlock(block, role, where, context, findings);
    const before = turns.at(-1);
    if (before?.role === role) before.blocks.push(...blocks);
    else if (role !== "system") turns.push({ role, at, blocks: [...blocks] });
  }
  if (turns[0]) findings.want(turns[0].role === "user", turns[0].at, 'first message must use the "user" role');
  checkSystemPlaces(messages, findings);
  checkToolOrder(turns, findings);
  checkThoughts(request, turns, findings);
  checkEnd(turns.at(-1), request, findings);
}

/** System messages within the conversation stand right after a user turn, and before an assistant's or at the end. */
function checkSystemPlaces(messages: readonly Json[], findings: Findings): void {
  const roles = messages.map((message) => (isObject(message) ? message["role"] : undefined));
  for (const [i, role] of roles.entries()) {
    if (role !== "system") continue;
    const before = roles.slice(0, i).findLast((one) => one !== "system");
    const next = roles.slice(i).find((one) => one !== "system");
    findings.want(before === "user", `messages.${i}`, "role 'system' must follow a 'user' message");
    findings.want(
      next === undefined || next === "assistant",
      `messages.${i}`,
      "role 'system' must precede an 'assistant' message or end the array",
    );
  }
}

function blocksOf(content: Json | undefined, at: string, mayBeEmpty: boolean, findings: Findings): Turn["blocks"] {
  if (isText(content)) {
    findings.want(content !== "" || mayBeEmpty, at, "messages must have non-empty content");
    return content === "" ? [] : [{ block: { type: "text", text: content }, at }];
  }
  if (!isArray(content)) {
    findings.add(at, "Input should be a valid string or list");
    return [];
  }
  findings.want(
    content.length > 0 || mayBeEmpty,
    at,
    "all messages must have non-empty content except for the optional final assistant message",
  );
  return content.flatMap((one, i) => {
    const block = findings.object(one, `${at}.${i}`);
    return block ? [{ block, at: `${at}.${i}` }] : [];
  });
}

const userOnly = new Set(["image", "document", "tool_result", "search_result"]);
const assistantOnly = new Set(["tool_use", "thinking", "redacted_thinking", "server_tool_use"]);

function checkBlock(block: JsonObject, role: string, at: string, context: MessagesContext, findings: Findings): void {
  const type = block["type"];
  if (!findings.want(isFilled(type), `${at}.type`, "Field required") || !isText(type)) return;
  if (role === "assistant") findings.want(!userOnly.has(type), at, `\`${type}\` blocks can only be in \`user\` messages`);
  else findings.want(!assistantOnly.has(type), at, `\`${type}\` blocks can only be in \`assistant\` messages`);
  switch (type) {
    case "text":
      checkText(block["text"], role, `${at}.text`, findings);
      break;
    case "tool_use":
      findings.want(
        isText(block["id"]) && /^[a-zA-Z0-9_-]+$/.test(block["id"]),
        `${at}.id`,
        "String should match pattern '^[a-zA-Z0-9_-]+$'",
      );
      findings.want(
        isText(block["name"]) && /^[a-zA-Z0-9_-]{1,128}$/.test(block["name"]),
        `${at}.name`,
        "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
      );
      findings.want(isObject(block["input"]), `${at}.input`, "Input should be a valid dictionary");
      break;
    case "tool_result":
      checkResult(block, at, findings);
      break;
    case "thinking": {
      const { thinking, signature } = block;
      if (!findings.want(isText(thinking) && isText(signature), at, "thinking and signature are required")) break;
      if (!isText(thinking) || !isText(signature)) break;
      findings.want(context.signed?.(thinking, signature) ?? true, `${at}.signature`, "Invalid `signature` in `thinking` block");
      break;
    }
    case "redacted_thinking":
      findings.want(
        isFilled(block["data"]) && (context.redacted?.(block["data"]) ?? true),
        `${at}.data`,
        "Invalid `data` in `redacted_thinking` block",
      );
      break;
  }
}

/** White space alone is refused from the user only: the service itself answers with such blocks before a call. */
function checkText(text: Json | undefined, role: string, at: string, findings: Findings): void {
  if (!findings.want(isText(text), at, "Field required") || !isText(text)) return;
  if (findings.want(text !== "", at, "text content blocks must be non-empty") && role !== "assistant") {
    findings.want(text.trim() !== "", at, "text content blocks must contain non-whitespace text");
  }
}

const resultParts = new Set(["text", "image", "document", "search_result", "tool_reference"]);

function checkResult(block: JsonObject, at: string, findings: Findings): void {
  findings.want(isFilled(block["tool_use_id"]), `${at}.tool_use_id`, "Field required");
  const content = block["content"];
  if (!given(content) || isText(content)) return;
  for (const [i, part] of findings.array(content, `${at}.content`).entries()) {
    const type = isObject(part) ? part["type"] : undefined;
    const known = findings.want(
      isText(type) && resultParts.has(type),
      `${at}.content.${i}.type`,
      `must be one of ${[...resultParts].join(", ")}`,
    );
    if (known && isObject(part) && type === "text") checkText(part["text"], "user", `${at}.content.${i}.text`, findings);
  }
}

function checkToolOrder(turns: readonly Turn[], findings: Findings): void {
  for (const [i, turn] of turns.entries()) {
    if (turn.role === "user") {
      checkResults(turn, turns[i - 1], findings);
      continue;
    }
    const ids = callsOf(turn);
    findings.want(new Set(ids).size === ids.length, turn.at, "`tool_use` ids must be unique");
    const next = turns[i + 1];
    if (ids.length === 0) continue;
    const answered = new Set(resultsOf(next));
    const missing = ids.filter((id) => !answered.has(id));
    const sentence = `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message`;
    findings.want(missing.length === 0, turn.at, sentence);
  }
}

function checkResults(turn: Turn, before: Turn | undefined, findings: Findings): void {
  const calls = new Set(before ? callsOf(before) : []);
  const answered = new Set<string>();
  let other = false;
  for (const { block, at } of turn.blocks) {
    if (block["type"] !== "tool_result") {
      other = true;
      continue;
    }
    const id = String(block["tool_use_id"]);
    findings.want(
      calls.has(id),
      at,
      `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message`,
    );
    findings.want(
      !answered.has(id),
      at,
      `each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
    );
    findings.want(!other, at, "`tool_result` blocks must come before other content of the user message");
    answered.add(id);
  }
}

const callsOf = (turn: Turn): string[] => idsOf(turn, "tool_use", "id");
const resultsOf = (turn: Turn | undefined): string[] => (turn ? idsOf(turn, "tool_result", "tool_use_id") : []);
const idsOf = (turn: Turn, type: string, field: string): string[] =>
  turn.blocks.filter(({ block }) => block["type"] === type).map(({ block }) => String(block[field]));

/** With thinking on, an assistant turn whose tool calls are being answered must begin with its thought. */
function checkThoughts(request: JsonObject, turns: readonly Turn[], findings: Findings): void {
  const thinking = isObject(request["thinking"]) ? request["thinking"]["type"] : undefined;
  if (thinking !== "enabled") return;
  const asked = turns.at(-2);
  if (asked?.role !== "assistant" || callsOf(asked).length === 0) return;
  const first = asked.blocks[0];
  const type = first?.block["type"];
  findings.want(
    type === "thinking" || type === "redacted_thinking",
    first?.at ?? asked.at,
    `Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block`,
  );
}

function checkEnd(last: Turn | undefined, request: JsonObject, findings: Findings): void {
  if (last?.role !== "assistant") return;
  const block = last.blocks.at(-1)?.block;
  if (block?.["type"] === "text" && isText(block["text"])) {
    findings.want(
      block["text"].trimEnd() === block["text"],
      "messages",
      "final assistant content cannot end with trailing whitespace",
    );
  }
  const thinking = isObject(request["thinking"]) ? request["thinking"]["type"] : undefined;
  findings.want(thinking !== "enabled", "messages", "a final assistant message cannot be continued while `thinking` is enabled");
}
