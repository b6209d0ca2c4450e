import type { JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isText } from "./findings.ts";
import type { Memory } from "./openai-responses-memory.ts";

/** The type of a result's call. */
export const resultOf: { readonly [type: string]: string } = {
  function_call_output: "function_call",
  custom_tool_call_output: "custom_tool_call",
};

/** Every call has exactly one result, and every result its call before it. */
export function checkPairs(
  request: JsonObject,
  items: readonly JsonObject[],
  memory: Memory | undefined,
  findings: Findings,
): void {
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
