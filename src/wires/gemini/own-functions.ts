import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { list, text } from "../shared/read.ts";

/**
 * Names of the functions that the caller runs, where the provider runs others itself: `mcpServers` are called by it, and their
 * calls and results stand in the answer like the caller's own. undefined: every call is the caller's to run.
 *
 * @param tools as they stand in a body for the provider
 */
export function ownFunctions(tools: Json | undefined): ReadonlySet<string> | undefined {
  const objects = isArray(tools) ? tools.filter(isObject) : isObject(tools) ? [tools] : [];
  if (!objects.some((tool) => tool["mcpServers"] ?? tool["mcp_servers"])) return undefined;
  return new Set(objects.flatMap(declared).flatMap((declaration) => text(declaration["name"]) ?? []));
}

function declared(tool: JsonObject): readonly JsonObject[] {
  const declarations = tool["functionDeclarations"] ?? tool["function_declarations"];
  return isObject(declarations) ? [declarations] : (list(declarations) ?? []).filter(isObject);
}
