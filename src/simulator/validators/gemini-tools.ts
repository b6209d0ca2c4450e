import { isArray, isObject, type JsonObject } from "../../canonical/json.ts";
import { object, objects, upper } from "../gemini/normal.ts";
import { jsonSchemaFindings } from "./gemini-json-schema.ts";
import { located, schemaFindings } from "./gemini-schema.ts";

const functionName = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;
const modes = new Set(["", "MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]);

/** Declarations of functions, and the choice among them. `request` is normal. */
export function checkGeminiTools(request: JsonObject, found: string[]): void {
  const names = new Set<string>();
  for (const [t, tool] of objects(request["tools"]).entries()) {
    const at = `GenerateContentRequest.tools[${t}]`;
    if (Object.keys(tool).length === 0)
      found.push(`* ${at}.tool_type: required one_of 'tool_type' must have one initialized field`);
    for (const [i, declaration] of objects(tool["functionDeclarations"]).entries())
      checkDeclaration(declaration, `${at}.function_declarations[${i}]`, names, found);
  }
  const calling = object(object(request["toolConfig"])["functionCallingConfig"]);
  const mode = upper(calling["mode"]);
  if (!modes.has(mode)) found.push(`Invalid value at 'tool_config.function_calling_config.mode', "${mode}"`);
  const allowed = isArray(calling["allowedFunctionNames"]) ? calling["allowedFunctionNames"] : [];
  if (allowed.length > 0 && mode !== "ANY" && mode !== "VALIDATED")
    found.push("Allowed function names should only be set when function calling mode is ANY or VALIDATED.");
  for (const name of allowed) {
    if (!names.has(String(name))) found.push(`Allowed function name '${String(name)}' is not among the function declarations.`);
  }
  if (mode === "ANY" && names.size === 0) found.push("Function calling config is set without function_declarations.");
}

function checkDeclaration(declaration: JsonObject, at: string, names: Set<string>, found: string[]): void {
  const { name, parameters, parametersJsonSchema: json } = declaration;
  if (typeof name !== "string" || !functionName.test(name))
    found.push(
      `* ${at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.`,
    );
  else if (names.has(name)) found.push(`Duplicate function declaration found: ${name}`);
  else names.add(name);
  if (parameters !== undefined && json !== undefined)
    found.push(`* ${at}: parameters and parameters_json_schema exclude each other.`);
  if (isObject(parameters)) {
    for (const one of schemaFindings(parameters)) found.push(located(`${at}.parameters`, one));
    if (upper(parameters["type"]) !== "OBJECT" && parameters["type"] !== 6 && parameters["anyOf"] === undefined)
      found.push(`* ${at}.parameters.type: the schema of parameters must be of type OBJECT.`);
  }
  if (isObject(json)) for (const one of jsonSchemaFindings(json)) found.push(`* ${at}.parameters_json_schema${one}`);
}
