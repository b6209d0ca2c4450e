import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { Findings, given, isText } from "./findings.ts";
import { checkStrictSchema } from "./strict-schema.ts";

const name = /^[a-zA-Z0-9_-]{1,128}$/;

/** Tools and the choice among them. */
export function checkResponsesTools(request: JsonObject, findings: Findings): void {
  const { tools } = request;
  const names = new Set<string>();
  const types = new Set<string>();
  const list = given(tools) ? findings.array(tools, "tools") : [];
  for (const [i, one] of list.entries()) {
    const tool = findings.object(one, `tools[${i}]`);
    if (!tool) continue;
    types.add(String(tool["type"]));
    checkTool(tool, `tools[${i}]`, names, findings);
  }
  checkChoice(request["tool_choice"], names, types, findings);
}

function checkTool(tool: JsonObject, at: string, names: Set<string>, findings: Findings): void {
  const { type } = tool;
  if (!isText(type)) {
    findings.add(`${at}.type`, `Missing required parameter: '${at}.type'.`);
    return;
  }
  if (type !== "function" && type !== "custom") return;
  const own = tool["name"];
  if (!isText(own)) {
    findings.add(`${at}.name`, `Missing required parameter: '${at}.name'.`);
    return;
  }
  names.add(own);
  findings.want(
    name.test(own),
    `${at}.name`,
    `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
  );
  const { parameters } = tool;
  if (type !== "function" || !given(parameters)) return;
  const schema = findings.object(parameters, `${at}.parameters`);
  if (!schema) return;
  const where = `${at}.parameters`;
  const begin = `Invalid schema for function '${own}': `;
  findings.want(
    schema["type"] === "object" || Object.keys(schema).length === 0,
    where,
    `${begin}schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(schema["type"] ?? "None")}'.`,
  );
  if (tool["strict"] === true) checkStrict(schema, where, begin, findings);
}

/** The rules of strict schemas, in sentences that begin as the service's do. */
export function checkStrict(schema: JsonObject, at: string, begin: string, findings: Findings): void {
  const found = new Findings();
  checkStrictSchema(schema, "", found);
  for (const sentence of found.list) findings.add(at, `${begin}In context=(${sentence.replace(": ", "), ")}.`);
}

function checkChoice(choice: Json | undefined, names: ReadonlySet<string>, types: ReadonlySet<string>, findings: Findings): void {
  if (!given(choice) || choice === "auto" || choice === "none") return;
  if (choice === "required") {
    findings.want(types.size > 0, "tool_choice", "Tool choice 'required' must be specified with 'tools' parameter.");
    return;
  }
  if (!isObject(choice)) {
    findings.add("tool_choice", `Invalid value: '${String(choice)}'. Supported values are: 'none', 'auto', and 'required'.`);
    return;
  }
  const type = choice["type"];
  if (type !== "function" && type !== "custom") return;
  const wanted = choice["name"];
  findings.want(
    isText(wanted) && names.has(wanted),
    "tool_choice",
    `Tool choice '${isText(wanted) ? wanted : String(type)}' not found in 'tools' parameter.`,
  );
}
