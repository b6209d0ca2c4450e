import { isArray, type JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isFilled, isText } from "./findings.ts";
import { checkCallId, checkId } from "./openai-responses-ids.ts";
import { type Memory, notFound } from "./openai-responses-memory.ts";
import { checkMessage } from "./openai-responses-message.ts";
import { checkPairs } from "./openai-responses-pairs.ts";
import { checkThoughts } from "./openai-responses-thoughts.ts";

const name = /^[a-zA-Z0-9_-]{1,128}$/;

/** The input's items: each by itself, then calls and their results, then thoughts. */
export function checkItems(request: JsonObject, memory: Memory | undefined, findings: Findings): void {
  const { input } = request;
  if (!given(input) || isText(input)) {
    checkPairs(request, [], memory, findings);
    return;
  }
  const list = findings.array(input, "input");
  const items: JsonObject[] = [];
  for (const [i, one] of list.entries()) {
    const item = findings.object(one, `input[${i}]`);
    if (!item) continue;
    checkItem(item, `input[${i}]`, findings);
    items.push(resolve(item, request, memory, findings));
  }
  checkPairs(request, items, memory, findings);
  checkThoughts(request, items, memory, findings);
}

function resolve(item: JsonObject, request: JsonObject, memory: Memory | undefined, findings: Findings): JsonObject {
  if (item["type"] !== "item_reference" || !isText(item["id"])) return item;
  const known = memory?.item(item["id"]);
  if (memory && !known) findings.add("input", notFound(item["id"], request));
  return known?.item ?? item;
}

function checkItem(item: JsonObject, at: string, findings: Findings): void {
  switch (item["type"] ?? "message") {
    case "message":
      if (given(item["type"]) || given(item["role"])) checkMessage(item, at, findings);
      break;
    case "function_call":
      checkCall(item, "arguments", "fc", at, findings);
      break;
    case "custom_tool_call":
      checkCall(item, "input", "ctc", at, findings);
      break;
    case "function_call_output":
    case "custom_tool_call_output":
      checkCallId(item, at, findings);
      findings.want(
        isText(item["output"]) || isArray(item["output"]),
        `${at}.output`,
        given(item["output"])
          ? `Invalid type for '${at}.output': expected one of an array of objects or string.`
          : `Missing required parameter: '${at}.output'.`,
      );
      break;
    case "reasoning":
      checkId(item, "rs", at, findings);
      findings.want(isArray(item["summary"]), `${at}.summary`, `Missing required parameter: '${at}.summary'.`);
      break;
    case "item_reference":
      findings.want(isFilled(item["id"]), `${at}.id`, `Missing required parameter: '${at}.id'.`);
      break;
  }
}

function checkCall(call: JsonObject, field: "arguments" | "input", prefix: string, at: string, findings: Findings): void {
  checkCallId(call, at, findings);
  checkId(call, prefix, at, findings);
  findings.want(isText(call[field]), `${at}.${field}`, `Missing required parameter: '${at}.${field}'.`);
  findings.want(
    isText(call["name"]) && name.test(call["name"]),
    `${at}.name`,
    `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
  );
}
