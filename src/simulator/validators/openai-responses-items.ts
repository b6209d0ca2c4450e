import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isFilled, isText } from "./findings.ts";
import type { Memory } from "./openai-responses.ts";
import { checkMessage } from "./openai-responses-message.ts";

const longestCallId = 64;
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

function notFound(id: string, request: JsonObject): string {
  const why =
    " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.";
  return `Item with id '${id}' not found.${request["store"] === false ? why : ""}`;
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

function checkCallId(item: JsonObject, at: string, findings: Findings): void {
  const id = item["call_id"];
  if (!isFilled(id)) {
    findings.add(`${at}.call_id`, `Missing required parameter: '${at}.call_id'.`);
    return;
  }
  findings.want(
    id.length <= longestCallId,
    `${at}.call_id`,
    `Invalid '${at}.call_id': string too long. Expected a string with maximum length ${longestCallId}, but got a string with length ${id.length} instead.`,
  );
}

/** An item's id begins with what tells its type. */
export function checkId(item: JsonObject, prefix: string, at: string, findings: Findings): void {
  const { id } = item;
  if (!given(id)) return;
  findings.want(
    isText(id) && id.startsWith(prefix),
    `${at}.id`,
    `Invalid '${at}.id': '${String(id)}'. Expected an ID that begins with '${prefix}'.`,
  );
}

const resultOf: { readonly [type: string]: string } = {
  function_call_output: "function_call",
  custom_tool_call_output: "custom_tool_call",
};

/** Every call has exactly one result, and every result its call before it. */
function checkPairs(request: JsonObject, items: readonly JsonObject[], memory: Memory | undefined, findings: Findings): void {
  const id = request["previous_response_id"];
  const previous = isText(id) ? memory?.response(id) : undefined;
  if (memory && isText(id) && !previous) findings.add("previous_response_id", `Previous response with id '${id}' not found.`);
  // What came before is not known: calls may stand there.
  if (given(request["conversation"]) || (isText(id) && !previous)) return;
  // References that nobody can follow may stand for calls and for results.
  if (!memory && items.some((item) => item["type"] === "item_reference")) return;
  const open = new Map<string, string>();
  const answered = new Set<string>();
  const searched = new Set<string>();
  for (const item of [...(previous?.conversation ?? []), ...(previous?.output ?? []), ...items]) {
    const call = item["call_id"];
    if (!isText(call)) continue;
    const type = String(item["type"]);
    const wanted = resultOf[type];
    if (type === "function_call" || type === "custom_tool_call") open.set(call, type);
    // A search for tools that the caller executes is answered like a function; whether it must be is not recorded.
    else if (type === "tool_search_call") searched.add(call);
    else if (wanted === undefined) continue;
    else if (open.get(call) === wanted) {
      open.delete(call);
      answered.add(call);
    } else if (searched.has(call)) continue;
    else if (answered.has(call)) findings.add("input", `Duplicate function call output with call_id ${call}.`);
    else findings.add("input", `No tool call found for function call output with call_id ${call}.`);
  }
  for (const [call, type] of open) {
    findings.add("input", `No tool output found for ${type === "function_call" ? "function" : "custom tool"} call ${call}.`);
  }
}

const input = new Set(["user", "system", "developer"]);

/** Thoughts are the service's own, stand before what followed them, and are not left out before it. */
function checkThoughts(request: JsonObject, items: readonly JsonObject[], memory: Memory | undefined, findings: Findings): void {
  const present = new Set<Json | undefined>(items.map((item) => item["id"]));
  for (const [i, item] of items.entries()) {
    const { id, type } = item;
    const known = isText(id) ? memory?.item(id) : undefined;
    if (type !== "reasoning") {
      const { reasoning } = known ?? {};
      if (reasoning !== undefined && !present.has(reasoning)) {
        const what = `Item '${String(id)}' of type '${String(type)}'`;
        findings.add("input", `${what} was provided without its required 'reasoning' item: '${reasoning}'.`);
      }
      continue;
    }
    checkThought(item, known !== undefined, request, memory, findings);
    const next = items[i + 1];
    const follows = next && !(isText(next["role"]) && input.has(next["role"])) && resultOf[String(next["type"])] === undefined;
    if (!follows && isText(id)) {
      findings.add("input", `Item '${String(id)}' of type 'reasoning' was provided without its required following item.`);
    }
  }
}

function checkThought(
  item: JsonObject,
  known: boolean,
  request: JsonObject,
  memory: Memory | undefined,
  findings: Findings,
): void {
  if (!memory) return;
  const { id, encrypted_content: data } = item;
  if (!isFilled(data)) {
    if (!known && isText(id)) findings.add("input", notFound(id, request));
    return;
  }
  const verdict = memory.encrypted(data, isText(id) ? id : undefined);
  if (verdict === "issued") return;
  const short = `${data.slice(0, 4)}...${data.slice(-4)}`;
  const why = verdict === "forged" ? "" : " Reason: Encrypted content item_id did not match the target item id.";
  findings.add("input", `The encrypted content ${short} could not be verified.${why}`);
}
