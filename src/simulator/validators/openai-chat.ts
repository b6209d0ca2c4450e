import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { Findings, given, isFilled, isText } from "./findings.ts";
import { checkChatOptions } from "./openai-chat-options.ts";
import { checkChatTools } from "./openai-chat-tools.ts";

/**
 * What OpenAI's chat service refuses although the body is well formed JSON: the order of messages, calls without answers,
 * names, limits. Written from the service's documented and recorded behaviour, apart from `wires/`.
 * Gives sentences `field: what is wrong`; none = valid.
 */
export function validateChatRequest(body: Json): string[] {
  const findings = new Findings();
  const request = findings.object(body, "body");
  if (!request) return findings.list;
  findings.want(isFilled(request["model"]), "model", "is required and must be a string");
  checkMessages(request["messages"], findings);
  checkChatTools(request, findings);
  checkChatOptions(request, findings);
  return findings.list;
}

const roles = new Set(["system", "developer", "user", "assistant", "tool", "function"]);
const namePattern = /^[^\s<|\\/>]{1,64}$/;

function checkMessages(value: Json | undefined, findings: Findings): void {
  const messages = findings.array(value, "messages");
  if (isArray(value)) findings.want(messages.length > 0, "messages", "must not be empty");
  /** Calls of the last assistant message that no tool message has answered yet. */
  let open = new Set<string>();
  let answerable = new Set<string>();
  for (const [i, one] of messages.entries()) {
    const at = `messages[${i}]`;
    const message = findings.object(one, at);
    if (!message) continue;
    const role = message["role"];
    if (
      !findings.want(
        isText(role) && roles.has(role),
        `${at}.role`,
        "must be one of system, developer, user, assistant, tool, function",
      )
    )
      continue;
    if (role === "tool") {
      answerCall(message, at, open, answerable, findings);
      continue;
    }
    unanswered(open, at, findings);
    open = role === "assistant" ? checkAssistant(message, at, findings) : new Set();
    answerable = new Set(open);
    if (role !== "assistant")
      checkContent(message["content"], role === "user" ? userParts : textParts, `${at}.content`, findings);
    if (given(message["name"])) {
      findings.want(
        isText(message["name"]) && namePattern.test(message["name"]),
        `${at}.name`,
        "must be 1 to 64 characters without white space or < | \\ / >",
      );
    }
  }
  unanswered(open, "messages", findings);
}

function answerCall(
  message: JsonObject,
  at: string,
  open: Set<string>,
  answerable: ReadonlySet<string>,
  findings: Findings,
): void {
  const id = message["tool_call_id"];
  if (!isFilled(id)) findings.add(`${at}.tool_call_id`, "is required in a message of role 'tool'");
  else if (answerable.has(id)) findings.want(open.delete(id), `${at}.tool_call_id`, `call ${id} is answered twice`);
  else findings.add(at, `messages with role 'tool' must be a response to a preceding message with 'tool_calls' (no call ${id})`);
  checkContent(message["content"], toolParts, `${at}.content`, findings);
}

function unanswered(open: ReadonlySet<string>, at: string, findings: Findings): void {
  if (open.size === 0) return;
  const ids = [...open].join(", ");
  findings.add(
    at,
    `an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'; missing: ${ids}`,
  );
}

const textParts = new Set(["text"]);
const toolParts = new Set(["text", "image_url"]);
const userParts = new Set(["text", "image_url", "input_audio", "file"]);
const assistantParts = new Set(["text", "refusal"]);

function checkContent(content: Json | undefined, kinds: ReadonlySet<string>, at: string, findings: Findings): void {
  if (isText(content)) return;
  if (!isArray(content)) {
    findings.add(at, "must be a string or an array of content parts");
    return;
  }
  findings.want(content.length > 0, at, "must not be an empty array");
  for (const [i, one] of content.entries()) {
    const part = findings.object(one, `${at}[${i}]`);
    if (!part) continue;
    const type = part["type"];
    if (!findings.want(isText(type) && kinds.has(type), `${at}[${i}].type`, `must be one of ${[...kinds].join(", ")}`)) continue;
    checkPart(part, `${at}[${i}]`, findings);
  }
}

function checkPart(part: JsonObject, at: string, findings: Findings): void {
  switch (part["type"]) {
    case "text":
      findings.want(isText(part["text"]), `${at}.text`, "must be a string");
      break;
    case "refusal":
      findings.want(isText(part["refusal"]), `${at}.refusal`, "must be a string");
      break;
    case "image_url": {
      const url = isObject(part["image_url"]) ? part["image_url"]["url"] : undefined;
      findings.want(
        isText(url) && /^(https?:\/\/|data:image\/)/.test(url),
        `${at}.image_url.url`,
        "must be an http(s) URL or a data:image/… URL",
      );
      break;
    }
    case "input_audio": {
      const audio = isObject(part["input_audio"]) ? part["input_audio"] : {};
      findings.want(isFilled(audio["data"]), `${at}.input_audio.data`, "must be base64 text");
      findings.want(audio["format"] === "wav" || audio["format"] === "mp3", `${at}.input_audio.format`, "must be wav or mp3");
      break;
    }
    case "file": {
      const file = isObject(part["file"]) ? part["file"] : {};
      findings.want(isText(file["file_id"]) || isText(file["file_data"]), `${at}.file`, "must have file_id or file_data");
      break;
    }
  }
}

/** Gives the ids of the calls that must be answered next. */
function checkAssistant(message: JsonObject, at: string, findings: Findings): Set<string> {
  const ids = new Set<string>();
  const content = message["content"];
  if (given(content)) checkContent(content, assistantParts, `${at}.content`, findings);
  const calls = message["tool_calls"];
  const speaks =
    given(content) || given(calls) || given(message["function_call"]) || given(message["refusal"]) || given(message["audio"]);
  findings.want(speaks, `${at}.content`, "an assistant message needs content, tool_calls, a refusal or audio");
  if (!given(calls)) return ids;
  const list = findings.array(calls, `${at}.tool_calls`);
  findings.want(!isArray(calls) || list.length > 0, `${at}.tool_calls`, "must not be an empty array");
  for (const [i, one] of list.entries()) {
    const where = `${at}.tool_calls[${i}]`;
    const call = findings.object(one, where);
    if (!call) continue;
    checkCall(call, where, findings);
    const id = call["id"];
    if (!isFilled(id) || id.length > 40) {
      findings.add(`${where}.id`, "must be a string of 1 to 40 characters");
      continue;
    }
    findings.want(!ids.has(id), `${where}.id`, `${id} is used twice in one message`);
    ids.add(id);
  }
  return ids;
}

const functionName = /^[a-zA-Z0-9_-]{1,64}$/;

function checkCall(call: JsonObject, at: string, findings: Findings): void {
  const type = call["type"];
  if (!findings.want(type === "function" || type === "custom", `${at}.type`, "must be function or custom")) return;
  const made = isObject(call["function"]) ? call["function"] : isObject(call["custom"]) ? call["custom"] : undefined;
  if (!made) {
    findings.add(at, `must have '${String(type)}'`);
    return;
  }
  findings.want(
    isText(made["name"]) && functionName.test(made["name"]),
    `${at}.${String(type)}.name`,
    "must match ^[a-zA-Z0-9_-]{1,64}$",
  );
  const field = type === "function" ? "arguments" : "input";
  findings.want(isText(made[field]), `${at}.${String(type)}.${field}`, "must be a string");
}
