import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isText } from "./findings.ts";
import { checkStrictSchema } from "./strict-schema.ts";

const functionName = /^[a-zA-Z0-9_-]{1,64}$/;
const mostTools = 128;

/** Tools, the choice among them, and what may only be said where there are tools. */
export function checkChatTools(request: JsonObject, findings: Findings): void {
  const tools = request["tools"];
  if (!given(tools)) {
    const choice = request["tool_choice"];
    findings.want(!given(choice) || choice === "none", "tool_choice", "is only allowed when 'tools' are specified");
    findings.want(!given(request["parallel_tool_calls"]), "parallel_tool_calls", "is only allowed when 'tools' are specified");
    return;
  }
  const list = findings.array(tools, "tools");
  findings.want(!isArray(tools) || list.length > 0, "tools", "must not be an empty array");
  findings.want(list.length <= mostTools, "tools", `must hold at most ${mostTools} tools`);
  const names = new Set<string>();
  for (const [i, one] of list.entries()) {
    const tool = findings.object(one, `tools[${i}]`);
    if (tool) checkTool(tool, `tools[${i}]`, names, findings);
  }
  checkChoice(request["tool_choice"], names, findings);
}

function checkTool(tool: JsonObject, at: string, names: Set<string>, findings: Findings): void {
  const type = tool["type"];
  if (!findings.want(type === "function" || type === "custom", `${at}.type`, "must be function or custom")) return;
  const key = type === "function" ? "function" : "custom";
  const stated = findings.object(tool[key], `${at}.${key}`);
  if (!stated) return;
  const name = stated["name"];
  if (findings.want(isText(name) && functionName.test(name), `${at}.${key}.name`, "must match ^[a-zA-Z0-9_-]{1,64}$"))
    names.add(String(name));
  if (key === "custom" || !given(stated["parameters"])) return;
  const schema = findings.object(stated["parameters"], `${at}.function.parameters`);
  if (!schema) return;
  findings.want(
    schema["type"] === "object" || Object.keys(schema).length === 0,
    `${at}.function.parameters`,
    `Invalid schema for function '${String(name)}': schema must be a JSON Schema of 'type: "object"'`,
  );
  if (stated["strict"] === true) checkStrictSchema(schema, `${at}.function.parameters`, findings);
}

function checkChoice(choice: Json | undefined, names: ReadonlySet<string>, findings: Findings): void {
  if (!given(choice) || choice === "auto" || choice === "none" || choice === "required") return;
  if (!isObject(choice)) {
    findings.add("tool_choice", "must be auto, none, required or an object");
    return;
  }
  if (choice["type"] === "allowed_tools") {
    findings.want(isObject(choice["allowed_tools"]), "tool_choice.allowed_tools", "must be an object");
    return;
  }
  const named = isObject(choice["function"]) ? choice["function"] : isObject(choice["custom"]) ? choice["custom"] : {};
  const name = named["name"];
  findings.want(isText(name) && names.has(name), "tool_choice", `Tool choice '${String(name)}' not found in 'tools' parameter`);
}
